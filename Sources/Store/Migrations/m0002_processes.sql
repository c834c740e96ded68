-- Processes, where their output is kept, and who is told of their end.

create table processes (
    id text primary key,
    -- A holder: whoever locks the sandbox's row `for update` waits for a start on its way, and the next start for him.
    sandbox_id text not null references sandboxes (id) on delete cascade,
    workspace_id text not null,
    kind text not null
        check (kind in ('command', 'service', 'codex-app-server', 'dev-server', 'test-runner', 'watcher')),
    mode text not null check (mode in ('foreground', 'background')),
    -- Another program runs it and reports it.
    observed boolean not null default false,
    status text not null default 'running' check (status in ('running', 'exited', 'failed', 'killed', 'lost')),

    command text not null,
    -- Null when the command is a line for the shell.
    args text[],
    cwd text,
    terminal boolean not null default false,
    timeout_ms bigint check (timeout_ms > 0),
    -- How many bytes of output are kept; 0 is what the worker allows.
    stored_limit bigint not null default 0 check (stored_limit >= 0),
    kills_at_limit boolean not null default false,
    metadata jsonb not null default '{}',
    -- AES-GCM: the environment is never readable here.
    env_sealed bytea,

    -- The same name finds the same row; with another body it is a conflict.
    operation_id text,
    -- SHA-256 of the canonical request.
    request_hash bytea check (octet_length(request_hash) = 32),

    -- What it belongs to: a lease and its box.
    epoch bigint check (epoch > 0),
    box_id text references boxes (id),
    provider text,
    external_id text,

    -- How it ended.
    exit_code integer,
    signal text,
    reason text,
    message text,
    output_open boolean not null default false,
    ended_by text,

    stdout_bytes bigint not null default 0 check (stdout_bytes >= 0),
    stderr_bytes bigint not null default 0 check (stderr_bytes >= 0),
    chunk_count bigint not null default 0 check (chunk_count >= 0),
    output_state text not null default 'ok' check (output_state in ('ok', 'stalled', 'archived', 'expired')),
    -- Where its messages lie in the stream.
    stream_first bigint,
    stream_last bigint,

    has_webhook boolean not null default false,
    started_at timestamptz not null default now(),
    exited_at timestamptz,
    -- When its output was last moved to the archive.
    segment_at timestamptz,
    -- A reaper is at it until then.
    claimed_until timestamptz,

    check (observed = (epoch is null)),
    check (observed = (box_id is null)),
    check ((status = 'running') = (exited_at is null)),
    -- Only a wait status gives a code or a signal; an observed process may have ended without its code being told.
    check (exit_code is null or status = 'exited'),
    check (exit_code is not null or status <> 'exited' or observed),
    check (signal is null or status = 'killed'),
    check (reason is not null or status not in ('killed', 'failed', 'lost')),
    check (status <> 'running' or (reason is null and message is null and not output_open))
) with (fillfactor = 80);

create unique index processes_operation on processes (sandbox_id, operation_id) where operation_id is not null;
create index processes_of_sandbox on processes (sandbox_id, id desc);
-- Each holds only rows that somebody looks for, and loses them when they are done with.
create index processes_running on processes (sandbox_id) where status = 'running';
create index processes_unarchived on processes (exited_at)
    where exited_at is not null and output_state in ('ok', 'stalled');

-- What has ended stays as it ended, and no write goes back to an older lease, whoever writes.
create function processes_guard() returns trigger language plpgsql as $$
begin
    raise exception 'a process may not change so' using errcode = 'check_violation', constraint = 'processes_guard';
end
$$;

create trigger processes_guard_insert before insert on processes
    for each row when (new.status <> 'running') execute function processes_guard();
create trigger processes_guard_epoch before update of epoch on processes
    for each row when (new.epoch < old.epoch or (new.epoch <> old.epoch and old.status <> 'running'))
    execute function processes_guard();
create trigger processes_guard_end before update of status, exit_code, signal, reason, message, exited_at on processes
    for each row when (
        old.status <> 'running' and (new.status, new.exit_code, new.signal, new.reason, new.message, new.exited_at)
            is distinct from (old.status, old.exit_code, old.signal, old.reason, old.message, old.exited_at)
    ) execute function processes_guard();

-- Calls to make when a process has ended.
create table webhooks (
    id bigint generated always as identity primary key,
    process_id text not null unique references processes (id) on delete cascade,
    url text not null,
    -- AES-GCM: the key of the signature is never readable here.
    secret_sealed bytea not null,
    attempts integer not null default 0,
    ended_at timestamptz,
    -- Null before the process has ended, and when the call has been made or given up.
    due_at timestamptz,
    settled_at timestamptz,
    delivered boolean not null default false,
    error text,
    check (due_at is null or (ended_at is not null and settled_at is null))
);

create index webhooks_due on webhooks (due_at) where due_at is not null;
create index webhooks_settled on webhooks (settled_at) where settled_at is not null;

-- An end is an event, in the same transaction, however it came.
create function processes_record() returns trigger language plpgsql as $$
begin
    insert into outbox (workspace_id, kind, subject_id, version, actor, payload)
    values (
        new.workspace_id, 'process.' || new.status, new.id, 1, coalesce(new.ended_by, 'unknown'),
        jsonb_strip_nulls(jsonb_build_object(
            'sandboxId', new.sandbox_id, 'status', new.status, 'exitCode', new.exit_code, 'signal', new.signal,
            'reason', new.reason
        ))
    );
    if new.has_webhook then
        update webhooks set ended_at = now(), due_at = now() where process_id = new.id;
    end if;
    return null;
end
$$;

create trigger processes_record after update of status on processes
    for each row when (old.status = 'running' and new.status <> 'running') execute function processes_record();

-- A lease's processes move with it. A statement of the function sees what was committed before it began, thus every
-- start that the taking statement had to wait for; the taking statement itself does not.
create function sandboxes_rehome() returns trigger language plpgsql as $$
begin
    update processes set epoch = new.epoch
    where sandbox_id = new.id and status = 'running' and not observed;
    return null;
end
$$;

create trigger sandboxes_rehome after update of epoch on sandboxes
    for each row when (new.epoch <> old.epoch) execute function sandboxes_rehome();

-- With the box ends what ran in it, and what was observed there.
create function sandboxes_lose() returns trigger language plpgsql as $$
begin
    update processes set
        status = 'lost', exited_at = now(), ended_by = new.event_actor,
        reason = case when new.deleted_at is not null then 'sandbox_deleted'
            when new.status = 'paused' then 'sandbox_paused' else 'sandbox_stopped' end
    where sandbox_id = new.id and status = 'running';
    return null;
end
$$;

create trigger sandboxes_lose after update of status, deleted_at on sandboxes
    for each row when (
        new.status in ('paused', 'shutdown')
        and (new.status <> old.status or (new.deleted_at is not null and old.deleted_at is null))
    ) execute function sandboxes_lose();

-- Boxes that nobody serves although programs run in them.
create index sandboxes_unattended on sandboxes (reap_after)
    where lease_state = 'cold' and status = 'active' and intent = 'run' and deleted_at is null;

-- Output that has left the stream for the archive.
create table output_segments (
    process_id text not null references processes (id) on delete cascade,
    first_seq bigint not null check (first_seq > 0),
    last_seq bigint not null,
    stdout_start bigint not null check (stdout_start >= 0),
    stdout_end bigint not null check (stdout_end >= stdout_start),
    stderr_start bigint not null check (stderr_start >= 0),
    stderr_end bigint not null check (stderr_end >= stderr_start),
    stream_seq bigint not null,
    object text not null,
    bytes bigint not null check (bytes >= 0),
    created_at timestamptz not null default now(),
    primary key (process_id, first_seq),
    check (last_seq >= first_seq)
);
