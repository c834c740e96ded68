import Model
import Wire

/// Which agents were heard, and what that says of each: a value, and one function for each event.
///
/// It judges by what this process itself has heard, on its own clock; of whom it has not heard yet, by when others have.
package struct AgentRoll: Sendable {
    /// Silence after which an agent is asked nothing before it is heard again.
    static let silence = Duration.seconds(15)
    /// How long an agent of which nothing was ever heard may take to be heard: one beat, and a little.
    package static let firstBeat = Duration.seconds(7)

    /// What can be done about a call.
    enum Standing: Sendable, Equatable {
        case reachable(AgentTarget)
        /// Worth waiting for, until then at most; nil while nobody at all can be heard.
        case awaited(until: ContinuousClock.Instant?)
        case absent
    }

    /// Silence after which an agent counts as absent that does not say it itself.
    let window: Duration
    private var listening = ListeningTime()
    private var agents: [AgentID: HeardAgent] = [:]
    private var recollections: [AgentID: Recollection] = [:]
    private let firstBeat: Duration
    private var nextPruning = 1024

    init(window: Duration, firstBeat: Duration = firstBeat) {
        self.window = window
        self.firstBeat = firstBeat
    }

    var isListening: Bool { listening.since != nil }

    mutating func beginListening(at now: ContinuousClock.Instant) { listening.begin(at: now) }

    mutating func endListening(at now: ContinuousClock.Instant) { listening.end(at: now) }

    /// - Returns: Whether it was news.
    mutating func hear(
        _ beat: WireAgentBeat,
        of agent: AgentID,
        in workspace: WorkspaceID,
        at now: ContinuousClock.Instant
    ) -> Bool {
        guard let instance = AgentInstanceID(beat.instance) else { return false }
        let heard = listening.elapsed(at: now)
        if agents[agent] != nil { return agents[agent]?.hear(beat, of: instance, at: heard) ?? false }
        prune(at: heard)
        recollections[agent] = nil
        agents[agent] = HeardAgent(beat, of: instance, in: workspace, at: heard)
        return true
    }

    /// Nobody answers on the subject of that run: it is not asked again before it is heard.
    mutating func doubt(_ target: AgentTarget) {
        guard agents[target.agent]?.instance == target.instance else { return }
        agents[target.agent]?.isDoubted = true
    }

    func standing(of agent: AgentID, at now: ContinuousClock.Instant) -> Standing {
        guard let heard = agents[agent] else {
            guard let since = listening.since else { return .awaited(until: nil) }
            let limit = max(since + firstBeat, recollections[agent]?.expectedUntil ?? since)
            return now < limit ? .awaited(until: limit) : .absent
        }
        guard !heard.hasLeft else { return .absent }
        let silence = listening.elapsed(at: now) - heard.heardAt
        // No shorter than what it takes to be missed.
        let window = max(heard.window ?? window, Self.silence)
        guard silence < window else { return .absent }
        guard isListening else { return .awaited(until: nil) }
        guard silence < Self.silence, !heard.isDoubted else { return .awaited(until: now + (window - silence)) }
        return .reachable(AgentTarget(workspace: heard.workspace, agent: agent, instance: heard.instance))
    }

    func presence(of agent: AgentID, at now: ContinuousClock.Instant) -> AgentPresence {
        switch standing(of: agent, at: now) {
        case .reachable: .online
        case .awaited: .reconnecting
        case .absent: .offline
        }
    }

    /// The run that was heard last, there or not.
    func instance(of agent: AgentID) -> AgentInstanceID? { agents[agent]?.instance }

    func capabilities(of agent: AgentID) -> WireAgentCapabilities? { agents[agent]?.capabilities }

    // MARK: Of whom nothing was heard yet

    /// When an agent is expected back, as it was last heard by others; asked for once in each time of listening.
    private struct Recollection: Sendable {
        var listeningSince: ContinuousClock.Instant
        var expectedUntil: ContinuousClock.Instant?
    }

    /// Whether others have to be asked when it was heard.
    func needsRecollection(of agent: AgentID) -> Bool {
        guard let since = listening.since, agents[agent] == nil else { return false }
        return recollections[agent]?.listeningSince != since
    }

    /// - Parameter recollection: What others know; nil when they expect nothing of it.
    mutating func recall(_ recollection: AgentRecollection?, of agent: AgentID, at now: ContinuousClock.Instant) {
        guard needsRecollection(of: agent), let since = listening.since else { return }
        if recollections.count >= 1024 { recollections = recollections.filter { $0.value.expectedUntil ?? now > now } }
        let left = recollection.map { max($0.window, Self.silence) - $0.silence }
        recollections[agent] = Recollection(listeningSince: since, expectedUntil: left.map { now + $0 })
    }

    /// Forgets who was absent for long: that is what somebody unknown is too.
    private mutating func prune(at heard: Duration) {
        guard agents.count >= nextPruning else { return }
        agents = agents.filter { heard - $0.value.heardAt < window * 10 }
        nextPruning = max(1024, 2 * agents.count)
    }
}

/// One run of one agent, as it is addressed.
struct AgentTarget: Sendable, Hashable {
    var workspace: WorkspaceID
    var agent: AgentID
    var instance: AgentInstanceID
}
