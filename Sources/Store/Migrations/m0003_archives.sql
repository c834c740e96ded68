-- Saved workspaces, the hard ends of boxes, and a history of everything that happens to a sandbox.

create table archives (
    id text primary key,
    workspace_id text not null references workspaces (id),
    sandbox_id text not null references sandboxes (id),
    purpose text not null check (purpose in ('snapshot', 'checkpoint', 'fork')),
    -- A row is written before anything is saved.
    state text not null default 'candidate'
        check (state in ('candidate', 'current', 'previous', 'delete_pending', 'deleted', 'delete_failed')),
    format text not null check (format in ('native', 'portable')),
    provider text not null,
    account text,
    placement text,
    -- The lease under which it was made, and the box whose files it holds.
    epoch bigint not null check (epoch > 0),
    box_id text references boxes (id),
    reference jsonb,
    comment text,
    size_bytes bigint check (size_bytes >= 0),
    created_at timestamptz not null default now(),
    published_at timestamptz,
    expires_at timestamptz,
    settled_at timestamptz,
    -- Whoever made it has said what came of it, or can no longer.
    maker_done boolean not null default false,
    -- Not before this does a reaper look at the row again.
    reap_after timestamptz not null default now(),
    attempts integer not null default 0,
    error text,
    version bigint not null default 1,
    event_actor text not null,

    check (state not in ('current', 'previous') or (reference is not null and published_at is not null)),
    check (state <> 'previous' or purpose = 'snapshot'),
    check ((state = 'deleted') = (settled_at is not null))
);

create unique index archives_current on archives (sandbox_id) where purpose = 'snapshot' and state = 'current';
create unique index archives_previous on archives (sandbox_id) where purpose = 'snapshot' and state = 'previous';
-- An id follows from the operation that asked for it: it does not tell the order.
create index archives_of_sandbox on archives (sandbox_id, created_at desc, id desc) where state <> 'deleted';
create index archives_of_workspace on archives (workspace_id, created_at desc, id desc)
    where purpose = 'checkpoint' and state <> 'deleted';
create index archives_expiring on archives (expires_at)
    where expires_at is not null and state in ('candidate', 'current');
create index archives_deletable on archives (reap_after) where state = 'delete_pending';
create index archives_candidates on archives (reap_after) where state = 'candidate';
create index archives_forks on archives (published_at) where purpose = 'fork' and state = 'current';

-- A creation that failed for good stays readable, and gives its name back.
drop index sandboxes_name;
create unique index sandboxes_name on sandboxes (workspace_id, name)
    where name is not null and deleted_at is null and status <> 'error';

alter table sandboxes add column source_archive text references archives (id);
-- The box that is being stopped: whoever acquires finishes that, whatever was asked meanwhile (rule 11).
alter table sandboxes add column draining_box text;
drop index sandboxes_unsettled;
create index sandboxes_unsettled on sandboxes (reap_after)
    where deleted_at is null and (
        status = 'creating' or intent = 'delete' or draining_box is not null or (
            intent <> 'run' and (lease_state <> 'cold' or status = 'active' or (intent = 'stop' and status = 'paused'))
        )
    );
create index sandboxes_source on sandboxes (source_archive) where source_archive is not null;

-- When its provider ends a box, whatever runs in it; and when its owner is asked to drain it before that.
alter table boxes add column ends_at timestamptz;
alter table boxes add column drain_at timestamptz;
alter table boxes add column version bigint not null default 1;
alter table boxes add column event_actor text not null default 'unknown';
-- Of a deletion by the sweep.
alter table boxes add column event_reason text;
create index boxes_ending on boxes (drain_at) where drain_at is not null and state = 'live';

create function archives_guard() returns trigger language plpgsql as $$
begin
    if (old.state, new.state) not in (
        ('candidate', 'current'), ('candidate', 'delete_pending'),
        ('current', 'previous'), ('current', 'delete_pending'), ('previous', 'delete_pending'),
        ('delete_pending', 'deleted'), ('delete_pending', 'delete_failed'), ('delete_failed', 'delete_pending')
    ) then
        raise exception 'an archive may not move so' using errcode = 'check_violation', constraint = 'archives_guard';
    end if;
    new.version = old.version + 1;
    return new;
end
$$;

create trigger archives_guard before update of state on archives
    for each row when (new.state <> old.state) execute function archives_guard();

-- Everything about a sandbox can be read in the order in which it happened.
alter table outbox add column sandbox_id text;
update outbox set sandbox_id = case when kind like 'process.%' then payload ->> 'sandboxId' else subject_id end;
create index outbox_of_sandbox on outbox (sandbox_id, id) where sandbox_id is not null;

create or replace function sandboxes_record() returns trigger language plpgsql as $$
begin
    insert into outbox (workspace_id, sandbox_id, kind, subject_id, version, actor, payload)
    values (
        new.workspace_id, new.id, new.event_kind, new.id, new.version, new.event_actor,
        jsonb_strip_nulls(jsonb_build_object(
            'status', new.status, 'lease', new.lease_state, 'epoch', new.epoch, 'owner', new.owner,
            'intent', new.intent, 'reason', new.event_reason, 'error', new.error_code
        ))
    );
    return null;
end
$$;

-- Who asked for its end, before anything was done about it.
alter table processes add column killed_by text;

create or replace function processes_record() returns trigger language plpgsql as $$
begin
    insert into outbox (workspace_id, sandbox_id, kind, subject_id, version, actor, payload)
    values (
        new.workspace_id, new.sandbox_id, 'process.' || new.status, new.id, 1,
        coalesce(case when new.reason in ('cancelled', 'signal') then new.killed_by end, new.ended_by, 'unknown'),
        jsonb_strip_nulls(jsonb_build_object(
            'sandboxId', new.sandbox_id, 'status', new.status, 'epoch', new.epoch, 'exitCode', new.exit_code,
            'signal', new.signal, 'reason', new.reason
        ))
    );
    if new.has_webhook then
        update webhooks set ended_at = now(), due_at = now() where process_id = new.id;
    end if;
    return null;
end
$$;

create function boxes_count() returns trigger language plpgsql as $$
begin
    new.version = old.version + 1;
    return new;
end
$$;

create trigger boxes_count before update of state, epoch on boxes
    for each row when (new.state <> old.state or new.epoch <> old.epoch) execute function boxes_count();

create function boxes_record() returns trigger language plpgsql as $$
begin
    insert into outbox (workspace_id, sandbox_id, kind, subject_id, version, actor, payload)
    select s.workspace_id, s.id, 'box.' || new.state, new.id, new.version, new.event_actor,
        jsonb_strip_nulls(jsonb_build_object(
            'sandboxId', s.id, 'state', new.state, 'epoch', s.epoch, 'boxEpoch', new.epoch, 'provider', new.provider,
            'externalId', new.external_id,
            'reason', coalesce(new.event_reason,
                case when s.lease_state in ('draining', 'terminated') then coalesce(s.intent_reason, s.intent) end)
        ))
    from sandboxes s where s.id = new.sandbox_id;
    return null;
end
$$;

create trigger boxes_record_insert after insert on boxes for each row execute function boxes_record();
-- Of every update: what another trigger changed is not seen by one that is for that column alone.
create trigger boxes_record_update after update on boxes
    for each row when (new.version <> old.version) execute function boxes_record();

create function archives_record() returns trigger language plpgsql as $$
begin
    insert into outbox (workspace_id, sandbox_id, kind, subject_id, version, actor, payload)
    select new.workspace_id, new.sandbox_id,
        new.purpose || '.' || case
            when tg_op = 'UPDATE' and new.state = old.state then 'damaged'
            when new.state = 'candidate' then 'begun' when new.state = 'current' then 'published' else new.state end,
        new.id, new.version, new.event_actor,
        jsonb_strip_nulls(jsonb_build_object(
            'sandboxId', new.sandbox_id, 'state', new.state, 'epoch', s.epoch, 'format', new.format,
            'sizeBytes', new.size_bytes, 'reason', new.error
        ))
    from sandboxes s where s.id = new.sandbox_id;
    return null;
end
$$;

create trigger archives_record_insert after insert on archives for each row execute function archives_record();
create trigger archives_record_update after update on archives
    for each row when (new.version <> old.version) execute function archives_record();

-- What a drain saved goes with its sandbox; what a user saved stays.
create function sandboxes_forget_archives() returns trigger language plpgsql as $$
begin
    update archives set state = 'delete_pending', reap_after = now(), event_actor = new.event_actor
    where sandbox_id = new.id and purpose <> 'checkpoint' and state in ('candidate', 'current', 'previous');
    return null;
end
$$;

create trigger sandboxes_forget_archives after update of deleted_at on sandboxes
    for each row when (new.deleted_at is not null and old.deleted_at is null)
    execute function sandboxes_forget_archives();

-- A fork's archive has done its work once the new sandbox has its files.
create function sandboxes_let_go_of_fork() returns trigger language plpgsql as $$
begin
    update archives set state = 'delete_pending', reap_after = now(), event_actor = new.event_actor
    where id = old.source_archive and purpose = 'fork' and state = 'current';
    return null;
end
$$;

create trigger sandboxes_let_go_of_fork after update of source_archive on sandboxes
    for each row when (old.source_archive is not null and new.source_archive is null)
    execute function sandboxes_let_go_of_fork();

-- When the boxes of a provider were last looked at, on which host; one reaper at a time has it done.
create table sweeps (
    provider text not null,
    -- Empty for a provider that is bound to no host.
    placement text not null,
    swept_at timestamptz not null default now(),
    primary key (provider, placement)
);
