/// Whether a user's machine is there, as the reaper last wrote it.
package enum AgentState: String, Sendable, CaseIterable, Codable {
    /// Enrolled, and never heard.
    case new
    case online
    /// Silent for less than its window.
    case reconnecting
    /// Silent for longer, or it said that it leaves.
    case offline

    /// After how much silence an agent that was online counts as reconnecting.
    package static let silence = Duration.seconds(15)
}
