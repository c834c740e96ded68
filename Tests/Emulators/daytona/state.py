"""The states of sandboxes, by the names that the API has for them."""

CREATING, RESTORING, STARTED, STOPPED = "creating", "restoring", "started", "stopped"
STARTING, STOPPING, PAUSING, PAUSED, RESUMING = "starting", "stopping", "pausing", "paused", "resuming"
SNAPSHOTTING, FORKING, RESIZING = "snapshotting", "forking", "resizing"
ARCHIVED, ARCHIVING, PULLING_SNAPSHOT = "archived", "archiving", "pulling_snapshot"
BUILDING_SNAPSHOT, PENDING_BUILD, BUILD_FAILED = "building_snapshot", "pending_build", "build_failed"
DESTROYED, DESTROYING, ERROR = "destroyed", "destroying", "error"

ALL = (CREATING, RESTORING, STARTED, STOPPED, STARTING, STOPPING, PAUSING, PAUSED, RESUMING, SNAPSHOTTING, FORKING,
       RESIZING, ARCHIVED, ARCHIVING, PULLING_SNAPSHOT, BUILDING_SNAPSHOT, PENDING_BUILD, BUILD_FAILED, DESTROYED,
       DESTROYING, ERROR, "unknown")
# Of the classes that can be paused and forked, there is one here.
CONTAINER, VIRTUAL_MACHINE = "container", "linux-vm"
