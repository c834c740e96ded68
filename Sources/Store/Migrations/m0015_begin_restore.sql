-- A restore asked for and begun in one transaction: one commit less while somebody waits.

-- The row as it is then; none without a lease that serves. The lock comes first: so it waits for starts of processes that
-- have passed the check, and starts that come later wait for it and are refused.
create function begin_draining(sandbox text, lease bigint, wanted text, reason text, actor text)
returns setof sandboxes language plpgsql as $$
begin
    perform from sandboxes s where s.id = sandbox and s.epoch = lease and s.lease_state = 'warm' for update;
    if not found then
        return;
    end if;
    return query update sandboxes s set
        lease_state = 'draining', intent = case when s.intent = 'run' then wanted else s.intent end,
        draining_box = s.envelope #>> '{sessionState,providerState,boxId}',
        intent_reason = coalesce(s.intent_reason, reason), updated_at = now(), version = s.version + 1,
        event_kind = 'sandbox.draining', event_actor = actor, event_reason = reason
    where s.id = sandbox
    returning s.*;
end
$$;

-- The outcome is that of `intend_restore`, with the row where it is 'written'.
create function begin_restore(
    sandbox text, lease bigint, archive text, reason text, actor text, out outcome text, out draining sandboxes
) language plpgsql as $$
begin
    outcome := intend_restore(sandbox, lease, archive, actor);
    if outcome = 'written' then
        select * into draining from begin_draining(sandbox, lease, 'pause', reason, actor);
    end if;
end
$$;
