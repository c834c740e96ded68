-- A sandbox and its box come up in one transaction: no row says that a box lives that its sandbox does not name.

-- What was learnt about a box under a lease; a later owner that took the attempt over knows better.
create function record_box(
    box text, lease bigint, external text, found text, lifetime bigint, actor text, reason text
) returns void language sql as $$
    update boxes set external_id = coalesce(external, external_id),
        -- What is not to be used never comes to be used again.
        state = case when state = 'superseded' and found <> 'deleted' then state else found end,
        epoch = greatest(epoch, lease),
        settled_at = case when found = 'deleted' then now() end,
        ends_at = coalesce(now() + make_interval(secs => lifetime), ends_at),
        -- 5 minutes before its end, or after nine tenths of a shorter life.
        drain_at = coalesce(
            now() + make_interval(secs => lifetime) - least(
                interval '5 minutes', (now() + make_interval(secs => lifetime) - intent_at) / 10
            ), drain_at
        ),
        event_actor = actor,
        -- It has come up for what it was made for.
        event_reason = coalesce(reason, case when state = 'intended' and found = 'live' then event_reason end)
    where id = box and state <> 'deleted' and epoch <= lease
$$;
