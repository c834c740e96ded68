-- The sandboxes of a workspace with one status: few of a million may be active, and walking the others took 0.3 s.
create index sandboxes_by_status on sandboxes (workspace_id, status, id desc) where deleted_at is null;
