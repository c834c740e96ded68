-- The whole of what the fleet remembers. Ownership columns stand in the sandbox's own row, so that one row lock and one
-- `epoch = $n` fence every write of an owner.

create table fleet (
    singleton boolean primary key default true check (singleton),
    id text not null,
    created_at timestamptz not null default now()
);

create table workspaces (
    id text primary key,
    name text not null unique,
    created_at timestamptz not null default now()
);

create table api_keys (
    id text primary key,
    workspace_id text not null references workspaces (id),
    name text not null,
    -- SHA-256 of the key; the key itself has 130 random bits and needs no slow hash.
    hash bytea not null unique check (octet_length(hash) = 32),
    scope text not null check (scope in ('read', 'write', 'admin')),
    created_at timestamptz not null default now(),
    revoked_at timestamptz
);

create index api_keys_of_workspace on api_keys (workspace_id, id);

-- One row a worker incarnation: a restarted worker is another worker.
create table workers (
    id text primary key,
    name text not null,
    host text not null,
    pid integer not null,
    version text not null,
    providers text[] not null,
    placement text,
    state text not null default 'live' check (state in ('live', 'fenced', 'stopped')),
    -- The session-level advisory lock that this incarnation holds while it lives (rule 3).
    lock_key bigint not null,
    started_at timestamptz not null default now(),
    heartbeat_at timestamptz not null default now(),
    valid_until timestamptz not null,
    -- Since when the heartbeats have come without a gap: who was late itself may not judge others (rule 2).
    steady_since timestamptz not null default now(),
    ended_at timestamptz,
    check ((state = 'live') = (ended_at is null))
);

create index workers_live on workers (valid_until) where state = 'live';

create table sandboxes (
    id text primary key,
    workspace_id text not null references workspaces (id),
    provider text not null,
    name text,
    status text not null default 'creating'
        check (status in ('creating', 'active', 'paused', 'shutdown', 'error')),
    -- What its user last asked for, committed before anything is done about it.
    intent text not null default 'run' check (intent in ('run', 'pause', 'stop', 'delete')),
    intent_reason text,
    persistent boolean not null,
    spec jsonb not null,
    -- AES-GCM: the environment is never readable here.
    env_sealed bytea,
    metadata jsonb not null default '{}',
    tags jsonb not null default '{}',
    timeout_ms bigint check (timeout_ms > 0),
    idle_timeout_ms bigint check (idle_timeout_ms > 0),
    -- When it last came to life by creation or connect; `timeout_ms` counts from here.
    activated_at timestamptz,
    expires_at timestamptz,
    -- When it is worth asking the owner whether the sandbox idles; the owner's memory is the authority.
    idle_at timestamptz,
    error_code text,
    error_message text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    shutdown_at timestamptz,
    deleted_at timestamptz,
    -- Counts the events of this sandbox; assigned under the row lock (rule 25).
    version bigint not null default 1,
    -- The newest event; a trigger carries each into the outbox, so that no transition goes unrecorded.
    event_kind text not null,
    event_actor text not null,
    event_reason text,

    -- Ownership.
    lease_state text not null default 'cold'
        check (lease_state in ('cold', 'warming', 'warm', 'draining', 'terminated')),
    epoch bigint not null default 0 check (epoch >= 0),
    owner text references workers (id),
    account text,
    placement text,
    envelope jsonb,
    -- Not before this does a reaper look at the row again.
    reap_after timestamptz not null default now(),

    check ((lease_state in ('warming', 'warm', 'draining')) = (owner is not null)),
    check (owner is null or epoch > 0),
    check ((lease_state = 'terminated') = (deleted_at is not null)),
    check (lease_state <> 'terminated' or status in ('shutdown', 'error')),
    check (lease_state <> 'warm' or envelope is not null),
    check (status <> 'active' or envelope is not null),
    check (status <> 'error' or error_code is not null),
    check ((status = 'shutdown') = (shutdown_at is not null))
);

create unique index sandboxes_name on sandboxes (workspace_id, name)
    where name is not null and deleted_at is null;
create index sandboxes_of_workspace on sandboxes (workspace_id, id desc) where deleted_at is null;
create index sandboxes_of_owner on sandboxes (owner) where owner is not null;
-- What the reaper looks for: each index holds only rows that may become due.
create index sandboxes_expiring on sandboxes (expires_at) where expires_at is not null and deleted_at is null;
create index sandboxes_idling on sandboxes (idle_at) where idle_at is not null and deleted_at is null;
create index sandboxes_unsettled on sandboxes (reap_after)
    where deleted_at is null and (status = 'creating' or (intent <> 'run' and lease_state <> 'cold') or intent = 'delete');

-- Ownership moves as the state machine says, whoever writes.
create function sandboxes_guard() returns trigger language plpgsql as $$
begin
    if new.epoch < old.epoch then
        raise exception 'epoch may not fall' using errcode = 'check_violation', constraint = 'sandboxes_epoch';
    end if;
    if new.lease_state <> old.lease_state and (old.lease_state, new.lease_state) not in (
        ('cold', 'warming'), ('cold', 'terminated'),
        ('warming', 'warm'), ('warming', 'cold'), ('warming', 'terminated'),
        ('warm', 'warming'), ('warm', 'draining'), ('warm', 'cold'), ('warm', 'terminated'),
        ('draining', 'warming'), ('draining', 'cold'), ('draining', 'terminated')
    ) then
        raise exception 'lease may not move so' using errcode = 'check_violation', constraint = 'sandboxes_lease';
    end if;
    if new.owner is distinct from old.owner and new.owner is not null and new.epoch <= old.epoch then
        raise exception 'a new owner needs a new epoch'
            using errcode = 'check_violation', constraint = 'sandboxes_owner_epoch';
    end if;
    return new;
end
$$;

create trigger sandboxes_guard before update of lease_state, epoch, owner on sandboxes
    for each row execute function sandboxes_guard();

-- A box has a row before it exists (rule 9).
create table boxes (
    id text primary key,
    sandbox_id text not null references sandboxes (id),
    provider text not null,
    account text not null,
    placement text,
    -- The provider's own id, once anybody has learnt it.
    external_id text,
    epoch bigint not null check (epoch > 0),
    state text not null default 'intended'
        check (state in ('intended', 'live', 'stopped', 'superseded', 'deleted')),
    intent_at timestamptz not null default now(),
    call_deadline timestamptz not null,
    settled_at timestamptz,
    check (state not in ('live', 'stopped') or external_id is not null),
    check ((state = 'deleted') = (settled_at is not null))
);

create index boxes_of_sandbox on boxes (sandbox_id) where state <> 'deleted';
create unique index boxes_external on boxes (provider, account, external_id)
    where external_id is not null and state <> 'deleted';

create table idempotency_keys (
    workspace_id text not null references workspaces (id),
    key text not null,
    -- SHA-256 of the canonical body, before defaults (rule 26).
    body_hash bytea not null check (octet_length(body_hash) = 32),
    sandbox_id text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    primary key (workspace_id, key)
);

create index idempotency_keys_expiring on idempotency_keys (expires_at);

-- Events leave by a relay that publishes what is not yet published; consumers drop repeats by (subject, version).
create table outbox (
    id bigint generated always as identity primary key,
    workspace_id text not null,
    kind text not null,
    subject_id text not null,
    version bigint not null,
    actor text not null,
    payload jsonb not null,
    created_at timestamptz not null default now(),
    published_at timestamptz,
    unique (subject_id, version)
);

create function sandboxes_record() returns trigger language plpgsql as $$
begin
    insert into outbox (workspace_id, kind, subject_id, version, actor, payload)
    values (
        new.workspace_id, new.event_kind, new.id, new.version, new.event_actor,
        jsonb_strip_nulls(jsonb_build_object(
            'status', new.status, 'lease', new.lease_state, 'epoch', new.epoch, 'owner', new.owner,
            'intent', new.intent, 'reason', new.event_reason, 'error', new.error_code
        ))
    );
    return null;
end
$$;

create trigger sandboxes_record_insert after insert on sandboxes
    for each row execute function sandboxes_record();
create trigger sandboxes_record_update after update of version on sandboxes
    for each row when (new.version <> old.version) execute function sandboxes_record();

create index outbox_unpublished on outbox (id) where published_at is null;
create index outbox_published on outbox (published_at) where published_at is not null;
