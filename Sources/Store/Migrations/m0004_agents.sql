-- Users' own machines: who may bring one, which there are, and whether they are there.

create table agent_enrollments (
    id text primary key,
    workspace_id text not null references workspaces (id),
    -- What the agent will be called; null lets it choose.
    name text,
    labels jsonb not null default '{}',
    -- SHA-256 of the token, which is told once.
    token_hash bytea not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    revoked_at timestamptz,
    used_at timestamptz,
    agent_id text,
    created_by text not null
);

create index agent_enrollments_of_workspace on agent_enrollments (workspace_id, id desc);

create table agents (
    id text primary key,
    workspace_id text not null references workspaces (id),
    enrollment_id text not null references agent_enrollments (id),
    name text not null,
    labels jsonb not null default '{}',
    -- The agent's own NKey, `U…`.
    public_key text not null unique,
    -- As it called its machine when it was enrolled.
    host_name text not null,
    created_at timestamptz not null default now(),
    -- Deleted by a user: its credentials are revoked; the machine's data is nobody's business.
    revoked_at timestamptz,
    -- The run that may speak, and the machine that it is on; null before the first.
    instance text,
    machine text,
    instance_at timestamptz,
    -- `new` has never been heard.
    state text not null default 'new' check (state in ('new', 'online', 'reconnecting', 'offline')),
    state_at timestamptz not null default now(),
    last_beat_at timestamptz,
    beat_sequence bigint not null default 0,
    -- How long calls wait for an agent that has gone silent.
    reconnect_window_ms integer not null default 120000 check (reconnect_window_ms between 0 and 3600000),
    capabilities jsonb,
    load jsonb,
    -- Counts the events of this agent; the newest stands beside it, and a trigger carries each into the outbox.
    version bigint not null default 1,
    event_kind text not null default 'agent.enrolled',
    event_actor text not null,
    event_reason text
);

alter table agent_enrollments add foreign key (agent_id) references agents (id);
create unique index agents_name on agents (workspace_id, name) where revoked_at is null;
create index agents_of_workspace on agents (workspace_id, id desc) where revoked_at is null;
create index agents_labels on agents using gin (labels) where revoked_at is null;
-- The reaper looks at those that may have gone silent, not at all.
create index agents_listening on agents (last_beat_at) where state in ('online', 'reconnecting');

alter table sandboxes add column agent_id text references agents (id);
create index sandboxes_of_agent on sandboxes (agent_id, id desc) where agent_id is not null and deleted_at is null;

create function agents_record() returns trigger language plpgsql as $$
begin
    insert into outbox (workspace_id, kind, subject_id, version, actor, payload)
    values (
        new.workspace_id, new.event_kind, new.id, new.version, new.event_actor,
        jsonb_strip_nulls(jsonb_build_object(
            'name', new.name, 'state', new.state, 'instance', new.instance, 'reason', new.event_reason
        ))
    );
    return null;
end
$$;

create trigger agents_record_insert after insert on agents for each row execute function agents_record();
create trigger agents_record_update after update of version on agents
    for each row when (new.version <> old.version) execute function agents_record();

-- The account of the agents on the bus. One row; whoever changes the account locks it.
create table nats_account (
    singleton boolean primary key default true check (singleton),
    -- Counts changes of the keys and revocations below; the account's claims are made from them.
    version bigint not null default 0,
    -- The last version that the servers have accepted.
    pushed_version bigint not null default 0
);
insert into nats_account default values;

-- A workspace's signing key, scoped to its agents' subjects.
create table nats_signing_keys (
    workspace_id text primary key references workspaces (id),
    public_key text not null unique,
    sealed_seed bytea not null,
    created_at timestamptz not null default now()
);

-- Credentials of this key that were issued at or before this second are void.
create table nats_revocations (
    public_key text primary key,
    issued_until bigint not null,
    -- When even the longest lived of them has ended: the row may go.
    forget_at timestamptz not null
);
