-- Sandboxes from number :first to number :rows that a fleet has seen: rows, boxes, archives, processes and their events.
--
-- All are cold, but one of each :every, which is warm at a worker that is made up; 0 is none.
set session_replication_role = replica;
set synchronous_commit = off;
insert into workspaces (id, name) values (:'workspace', :'workspace') on conflict do nothing;
insert into workers (id, name, host, pid, version, providers, placement, host_bound, lock_key, valid_until)
select 'worker-' || n, 'w', 'host', 1, '0', '{local}', 'here', '{local}', n, now() + interval '1 day'
from generate_series(1, 3) n where :every > 0 on conflict do nothing;
insert into sandboxes (
    id, workspace_id, provider, status, persistent, spec, event_kind, event_actor, lease_state, epoch, owner, account,
    placement, envelope, idle_timeout_ms, idle_at, expires_at, reap_after
)
select lpad(n::text, 26, '0'), :'workspace', 'local', case when n % nullif(:every, 0) = 0 then 'active' else 'paused' end, true, :'spec',
    'sandbox.paused', 'fill', case when n % nullif(:every, 0) = 0 then 'warm' else 'cold' end, 1,
    case when n % nullif(:every, 0) = 0 then 'worker-' || 1 + n % 3 end, 'host', 'here', :'envelope', 600000,
    case when n % nullif(:every, 0) = 0 then now() + interval '10 minutes' end,
    case when n % nullif(:every, 0) = 0 then now() + interval '1 day' end, now() - interval '1 day'
from generate_series(:first, :rows) n;
insert into boxes (id, sandbox_id, provider, account, placement, external_id, epoch, state, call_deadline, ends_at, drain_at)
select lpad(n::text, 26, '0'), lpad(n::text, 26, '0'), 'local', 'host', 'here', n::text, 1,
    case when n % nullif(:every, 0) = 0 then 'live' else 'stopped' end, now(), now() + interval '1 day', now() + interval '1 day'
from generate_series(:first, :rows) n;
insert into archives (
    id, workspace_id, sandbox_id, purpose, state, format, provider, account, placement, epoch, reference, published_at,
    event_actor, maker_done, reap_after, expires_at
)
select lpad(n::text, 26, '0'), :'workspace', lpad(n::text, 26, '0'),
    case when n % 10 = 0 then 'checkpoint' else 'snapshot' end, 'current', 'native', 'local', 'host', 'here', 1, '{}',
    now(), 'fill', true, now() - interval '1 day', case when n % 100 = 0 then now() + interval '1 day' end
from generate_series(:first, :rows) n;
insert into processes (
    id, sandbox_id, workspace_id, kind, mode, status, command, epoch, box_id, exit_code, exited_at, output_state
)
-- An id tells when: these have run lately.
select '7' || lpad(n::text, 25, '0'), lpad(n::text, 26, '0'), :'workspace', 'command', 'foreground', 'exited', 'true', 1,
    lpad(n::text, 26, '0'), 0, now(), 'archived'
from generate_series(:first, :rows) n;
insert into outbox (workspace_id, sandbox_id, kind, subject_id, version, actor, payload, published_at)
select :'workspace', lpad(n::text, 26, '0'), 'sandbox.created', lpad(n::text, 26, '0'), 1, 'fill', '{}', now()
from generate_series(:first, :rows) n;
