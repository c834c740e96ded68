-- Every event of a box says why: what its owner gave, or what the sandbox was drained, stopped or deleted for.

create or replace function boxes_record() returns trigger language plpgsql as $$
begin
    insert into outbox (workspace_id, sandbox_id, kind, subject_id, version, actor, payload)
    select s.workspace_id, s.id, 'box.' || new.state, new.id, new.version, new.event_actor,
        jsonb_strip_nulls(jsonb_build_object(
            'sandboxId', s.id, 'state', new.state, 'epoch', s.epoch, 'boxEpoch', new.epoch, 'provider', new.provider,
            'externalId', new.external_id,
            'reason', coalesce(new.event_reason, case
                when s.lease_state in ('draining', 'terminated') or s.draining_box is not null or s.intent <> 'run'
                    then coalesce(s.intent_reason, s.intent)
            end)
        ))
    from sandboxes s where s.id = new.sandbox_id;
    return null;
end
$$;
