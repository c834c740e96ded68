import ProviderKit

/// The provider's words for the state of a sandbox.
enum DaytonaState: String, ProviderState {
    case creating
    case restoring
    case started
    case stopped
    case starting
    case stopping
    case pausing
    case paused
    case resuming
    case snapshotting
    case forking
    case resizing
    case archived
    case archiving
    case pullingSnapshot = "pulling_snapshot"
    case buildingSnapshot = "building_snapshot"
    case pendingBuild = "pending_build"
    case buildFailed = "build_failed"
    case destroyed
    case destroying
    case error
    case unknown

    var meaning: StateMeaning {
        switch self {
        case .started: .running
        case .creating, .restoring, .starting, .resuming, .snapshotting, .forking, .resizing, .pullingSnapshot,
            .buildingSnapshot, .pendingBuild:
            .becoming
        case .stopped, .paused, .archived: .stopped
        case .stopping, .pausing, .archiving, .destroying: .leaving
        case .buildFailed, .error: .failed
        case .destroyed: .gone
        case .unknown: .unknown
        }
    }
}

/// The provider's words for the state of a snapshot.
enum SnapshotState: String, Sendable, CaseIterable {
    case active
    case inactive
    case pending
    case pulling
    case building
    case buildFailed = "build_failed"
    case error
    case removing
}

/// The provider's words for the state of a volume.
enum VolumeState: String, Sendable, CaseIterable {
    case creating
    case pendingCreate = "pending_create"
    case ready
    case pendingDelete = "pending_delete"
    case deleting
    case deleted
    case error
}
