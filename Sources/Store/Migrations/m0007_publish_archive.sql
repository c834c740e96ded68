-- The steps of a publication in one round trip, while the sandbox's row is locked and perhaps somebody waits for its box.

-- Gives the archive's state afterwards: of one that is no candidate any more, what it was found as; null without the lease.
create function publish_archive(
    sandbox text, lease bigint, archive text, saved jsonb, size bigint, actor text
) returns text language plpgsql as $$
declare
    found_purpose text;
    found_state text;
begin
    select a.purpose, a.state into found_purpose, found_state
    from sandboxes s join archives a on a.id = archive and a.sandbox_id = s.id
    where s.id = sandbox and s.epoch = lease and s.owner is not null for update;
    if not found then
        return null;
    end if;
    if found_state <> 'candidate' then
        -- Published before, by an attempt whose answer was lost; or deleted, and now whole enough for that.
        update archives set maker_done = true, reap_after = now() where id = archive and not maker_done;
        return found_state;
    end if;
    if found_purpose = 'snapshot' then
        update archives set state = 'delete_pending', reap_after = now(), event_actor = actor
        where sandbox_id = sandbox and purpose = 'snapshot' and state = 'previous';
        update archives set state = 'previous', reap_after = now(), event_actor = actor
        where sandbox_id = sandbox and purpose = 'snapshot' and state = 'current';
    end if;
    update archives set state = 'current', reference = saved, size_bytes = size, published_at = now(), maker_done = true,
        event_actor = actor
    where id = archive;
    return 'current';
end
$$;
