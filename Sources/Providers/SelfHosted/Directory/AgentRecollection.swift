package import Model

/// What the fleet's database knows of an agent that a worker has not heard itself yet.
package struct AgentRecollection: Sendable, Hashable {
    /// Since its last beat.
    package var silence: Duration
    /// For how long calls wait for it, counted from that beat.
    package var window: Duration

    package init(silence: Duration, window: Duration) {
        self.silence = silence
        self.window = window
    }

    /// Asks for it; nil of an agent that said that it leaves, that was never heard, or that is not known.
    package typealias Source = @Sendable (AgentID) async throws -> AgentRecollection?
}
