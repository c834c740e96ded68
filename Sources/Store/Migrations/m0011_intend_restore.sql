-- The intent to restore in one round trip, with the sandbox's row locked as short as can be.

-- Gives 'written'; 'not held' without the lease; else the archive's state that refuses it, 'absent' where there is none.
create function intend_restore(sandbox text, lease bigint, archive text, actor text) returns text language plpgsql as $$
declare
    workspace text;
    found_state text;
begin
    select s.workspace_id into workspace from sandboxes s
    where s.id = sandbox and s.epoch = lease and s.lease_state = 'warm' for update;
    if not found then
        return 'not held';
    end if;
    -- Shared: a deletion on its way waits until the row names it, and is held off by that.
    select a.state into found_state from archives a
    where a.id = archive and a.workspace_id = workspace and (a.purpose = 'checkpoint' or a.sandbox_id = sandbox) for share;
    if not found then
        return 'absent';
    end if;
    if found_state not in ('current', 'previous') then
        return found_state;
    end if;
    update sandboxes set
        source_archive = archive, updated_at = now(), version = version + 1,
        event_kind = 'sandbox.restore_asked', event_actor = actor, event_reason = archive
    where id = sandbox;
    return 'written';
end
$$;
