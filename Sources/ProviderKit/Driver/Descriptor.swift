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

    /// When the ports of a box that are reached from outside have to be named.
    package enum PortMoment: String, Sendable, Hashable, Codable {
        /// With the create.
        case predeclared
        case onDemand
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
    /// Where boxes can be made, by the provider's own names; empty where there is nothing to choose.
    package var regions: [String]
    /// Commands that run to their end.
    package var exec: Support
    package var streaming: Support
    package var stdin: Support
    package var signals: Support
    package var pty: Support
    package var files: Support
    package var ports: Support
    /// Nil where there are none.
    package var portMoment: PortMoment?
    /// Ports that the provider keeps for itself.
    package var reservedPorts: [Int]
    /// Whether boxes have a screen.
    package var desktop: Support
    /// Disks that outlive boxes.
    package var volumes: Support
    package var snapshots: Support
    /// Whether a box goes on as it was when its files are saved; else it is stopped by that.
    package var survivesSnapshot: Bool
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
    /// How strong that is, and why.
    package var idempotentCreateReason: String
    /// Whether processes outlive their worker and can be attached to again.
    package var processAttach: Support
    /// The longest life of a box, in seconds; nil is unlimited.
    package var hardDeadlineSeconds: Int?
    /// How long a create call may take before its outcome counts as unknown, in seconds.
    package var createDeadlineSeconds: Int
    /// How long the provider's listing may lag behind a create, in seconds.
    package var listingDelaySeconds: Int
    /// The names of `SandboxSpec.params` that it understands; others are refused.
    package var params: [String]?
    /// What it needs to know to be used.
    package var credentials: [CredentialVariable]

    package init(
        name: String,
        os: String,
        hostBound: Bool,
        isUsersMachine: Bool = false,
        regions: [String] = [],
        exec: Support = .yes,
        streaming: Support,
        stdin: Support,
        signals: Support,
        pty: Support,
        files: Support,
        ports: Support,
        portMoment: PortMoment? = nil,
        reservedPorts: [Int] = [],
        desktop: Support = .no("its boxes have no screen"),
        volumes: Support = .no("its boxes have no disks that outlive them"),
        snapshots: Support,
        survivesSnapshot: Bool = true,
        snapshotMethod: SnapshotMethod? = nil,
        snapshotObstacle: String? = nil,
        drainCaptures: CaptureMoment = .stopped,
        networkPolicies: [NetworkPolicy],
        memoryLimit: Support,
        cpuLimit: Support,
        diskLimit: Support,
        persistence: Support,
        idempotentCreate: IdempotentCreate,
        idempotentCreateReason: String? = nil,
        processAttach: Support,
        hardDeadlineSeconds: Int?,
        createDeadlineSeconds: Int,
        listingDelaySeconds: Int,
        params: [String]? = nil,
        credentials: [CredentialVariable] = []
    ) {
        self.name = name
        self.os = os
        self.hostBound = hostBound
        self.isUsersMachine = isUsersMachine
        self.regions = regions
        self.exec = exec
        self.streaming = streaming
        self.stdin = stdin
        self.signals = signals
        self.pty = pty
        self.files = files
        self.ports = ports
        self.portMoment = portMoment
        self.reservedPorts = reservedPorts
        self.desktop = desktop
        self.volumes = volumes
        self.snapshots = snapshots
        self.survivesSnapshot = survivesSnapshot
        self.snapshotMethod = snapshotMethod
        self.snapshotObstacle = snapshotObstacle
        self.drainCaptures = drainCaptures
        self.networkPolicies = networkPolicies
        self.memoryLimit = memoryLimit
        self.cpuLimit = cpuLimit
        self.diskLimit = diskLimit
        self.persistence = persistence
        self.idempotentCreate = idempotentCreate
        self.idempotentCreateReason = idempotentCreateReason ?? idempotentCreate.reason
        self.processAttach = processAttach
        self.hardDeadlineSeconds = hardDeadlineSeconds
        self.createDeadlineSeconds = createDeadlineSeconds
        self.listingDelaySeconds = listingDelaySeconds
        self.params = params
        self.credentials = credentials
    }
}

extension Descriptor.IdempotentCreate {
    /// What holds of every provider of this kind.
    fileprivate var reason: String {
        switch self {
        case .uniqueName: "The box's name is ours, and only one box can have it."
        case .adoptByTag: "A box whose create was not answered is found by its tag, once the listing shows it."
        }
    }
}
