package import Model

/// What a provider can do, declared by its driver; selection and the provider table read it.
package struct Descriptor: Sendable, Hashable, Codable {
    package enum Support: Sendable, Hashable, Codable {
        case yes
        /// Refused, with the reason that users see.
        case no(String)

        package var isSupported: Bool { self == .yes }
    }

    /// How a create is kept from happening twice.
    package enum IdempotentCreate: String, Sendable, Hashable, Codable {
        /// The box's name is chosen by us and unique there.
        case uniqueName
        /// Found again by tag, after the listing delay.
        case adoptByTag
    }

    /// When a box's files can be saved without being changed meanwhile.
    package enum CaptureMoment: String, Sendable, Hashable, Codable {
        /// A stopped box keeps its files: it is stopped first.
        case stopped
        /// A stopped box keeps nothing: it is saved while it runs.
        case running
    }

    /// How a box's files are saved.
    package enum SnapshotMethod: String, Sendable, Hashable, Codable {
        /// At once, whatever their number, running or not.
        case snapshot
        /// Of a stopped box at once; those of a running one are copied while it stands still.
        case layers
        /// By copying.
        case copy
    }

    package var name: String
    package var os: String
    /// Whether boxes can be reached only from the host that made them.
    package var hostBound: Bool
    /// The box is a user's own machine: it is never replaced nor filled from an archive, and what runs there goes on when
    /// the fleet has no use for it, for ending it would save nothing.
    package var isUsersMachine: Bool
    package var streaming: Support
    package var stdin: Support
    package var signals: Support
    package var pty: Support
    package var files: Support
    package var ports: Support
    package var snapshots: Support
    /// Nil where nobody could say.
    package var snapshotMethod: SnapshotMethod?
    /// Why they are not saved at once.
    package var snapshotObstacle: String?
    /// What a drain does first.
    package var drainCaptures: CaptureMoment
    /// The network policies that the provider can hold.
    package var networkPolicies: [NetworkPolicy]
    package var memoryLimit: Support
    package var cpuLimit: Support
    package var diskLimit: Support
    /// Whether a stopped box keeps its files.
    package var persistence: Support
    package var idempotentCreate: IdempotentCreate
    /// Whether processes outlive their worker and can be attached to again.
    package var processAttach: Support
    /// The longest life of a box, in seconds; nil is unlimited.
    package var hardDeadlineSeconds: Int?
    /// How long a create call may take before its outcome counts as unknown, in seconds.
    package var createDeadlineSeconds: Int
    /// How long the provider's listing may lag behind a create, in seconds.
    package var listingDelaySeconds: Int

    package init(
        name: String,
        os: String,
        hostBound: Bool,
        isUsersMachine: Bool = false,
        streaming: Support,
        stdin: Support,
        signals: Support,
        pty: Support,
        files: Support,
        ports: Support,
        snapshots: Support,
        snapshotMethod: SnapshotMethod? = nil,
        snapshotObstacle: String? = nil,
        drainCaptures: CaptureMoment = .stopped,
        networkPolicies: [NetworkPolicy],
        memoryLimit: Support,
        cpuLimit: Support,
        diskLimit: Support,
        persistence: Support,
        idempotentCreate: IdempotentCreate,
        processAttach: Support,
        hardDeadlineSeconds: Int?,
        createDeadlineSeconds: Int,
        listingDelaySeconds: Int
    ) {
        self.name = name
        self.os = os
        self.hostBound = hostBound
        self.isUsersMachine = isUsersMachine
        self.streaming = streaming
        self.stdin = stdin
        self.signals = signals
        self.pty = pty
        self.files = files
        self.ports = ports
        self.snapshots = snapshots
        self.snapshotMethod = snapshotMethod
        self.snapshotObstacle = snapshotObstacle
        self.drainCaptures = drainCaptures
        self.networkPolicies = networkPolicies
        self.memoryLimit = memoryLimit
        self.cpuLimit = cpuLimit
        self.diskLimit = diskLimit
        self.persistence = persistence
        self.idempotentCreate = idempotentCreate
        self.processAttach = processAttach
        self.hardDeadlineSeconds = hardDeadlineSeconds
        self.createDeadlineSeconds = createDeadlineSeconds
        self.listingDelaySeconds = listingDelaySeconds
    }
}
