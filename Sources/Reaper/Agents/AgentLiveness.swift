import Bus
import Metrics
import Model
import Store

/// Writes the beats of agents once a second, and turns silence into states.
struct AgentLiveness: Duty {
    let name = "agent_liveness"
    let interval = Duration.seconds(1)
    let batch = 1024

    /// Whoever has been deaf until a moment ago judges nobody: each agent gets the time to be heard.
    static let hearing = AgentState.silence + .seconds(5)

    let beats: AgentBeats
    let store: Store
    let actor: String
    /// Since when the bus has been heard without a gap; nil while it is not.
    let hearsSince: @Sendable () -> ContinuousClock.Instant?
    private let metrics = AgentMetrics()
    private let writing: LastWriting

    init(
        beats: AgentBeats,
        store: Store,
        actor: String,
        writing: LastWriting = LastWriting(),
        hearsSince: @escaping @Sendable () -> ContinuousClock.Instant?
    ) {
        self.beats = beats
        self.store = store
        self.actor = actor
        self.writing = writing
        self.hearsSince = hearsSince
    }

    func pass() async throws -> DutyPass {
        let heard = beats.take(batch)
        let news: Set<AgentID>
        do {
            news = try await store.record(heard, actor: actor)
        } catch {
            // They are news still, unless newer ones have come.
            beats.keep(heard)
            writing.failed()
            throw error
        }
        metrics.wrote(heard.count, stale: heard.count - news.count)
        guard let since = hearsSince(), max(since, writing.began) + Self.hearing < .now else {
            return DutyPass(found: heard.count)
        }
        let silent = try await store.markSilentAgents(limit: batch, actor: actor)
        for state in silent { metrics.fell(silent: state) }
        return DutyPass(found: max(heard.count, silent.count))
    }
}
