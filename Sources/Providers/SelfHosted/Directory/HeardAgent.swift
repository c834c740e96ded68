import Model
import Wire

/// What the beats of one agent have told.
struct HeardAgent: Sendable {
    /// How many earlier runs are remembered, so that a late beat of one is not taken for a new run.
    private static let remembered = 8

    let workspace: WorkspaceID
    private(set) var instance: AgentInstanceID
    private(set) var capabilities: WireAgentCapabilities
    /// On the listening time.
    private(set) var heardAt: Duration
    /// For how long it may be silent, as its fleet has told it; nil when it did not say.
    private(set) var window: Duration?
    /// It said that it stops.
    private(set) var hasLeft: Bool
    /// Nobody answered on its subject since it was last heard.
    var isDoubted = false
    private var sequence: UInt64
    private var former: [AgentInstanceID] = []

    init(_ beat: WireAgentBeat, of instance: AgentInstanceID, in workspace: WorkspaceID, at heard: Duration) {
        self.workspace = workspace
        self.instance = instance
        capabilities = beat.capabilities
        window = beat.window
        heardAt = heard
        hasLeft = beat.leaving
        sequence = beat.sequence
    }

    /// - Returns: Whether it was news: a beat may be late, from a run that is over or over a connection that was replaced.
    mutating func hear(_ beat: WireAgentBeat, of instance: AgentInstanceID, at heard: Duration) -> Bool {
        if instance == self.instance {
            guard beat.sequence > sequence else { return false }
        } else {
            guard !former.contains(instance) else { return false }
            former.append(self.instance)
            if former.count > Self.remembered { former.removeFirst() }
            self.instance = instance
        }
        sequence = beat.sequence
        hasLeft = beat.leaving
        isDoubted = false
        heardAt = heard
        window = beat.window
        if beat.hasCapabilities { capabilities = beat.capabilities }
        return true
    }
}

extension WireAgentBeat {
    fileprivate var window: Duration? { reconnectWindowMs == 0 ? nil : .milliseconds(reconnectWindowMs) }
}
