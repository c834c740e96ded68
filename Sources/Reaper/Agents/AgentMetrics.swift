import Metrics
import Model

/// What is counted of agents; never by their ids.
struct AgentMetrics: Sendable {
    private let written = Counter(label: "sandfleet.reaper.agents.beats.written")
    /// Of runs that have been replaced or revoked, or that were not the newest.
    private let stale = Counter(label: "sandfleet.reaper.agents.beats.stale")
    private let reconnecting = Counter(label: "sandfleet.reaper.agents.silent", dimensions: [("state", "reconnecting")])
    private let offline = Counter(label: "sandfleet.reaper.agents.silent", dimensions: [("state", "offline")])

    func wrote(_ beats: Int, stale count: Int) {
        written.increment(by: beats - count)
        stale.increment(by: count)
    }

    func fell(silent state: AgentState) {
        state == .offline ? offline.increment() : reconnecting.increment()
    }
}
