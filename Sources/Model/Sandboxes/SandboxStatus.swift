/// What a caller sees of a sandbox's life.
package enum SandboxStatus: String, Sendable, CaseIterable, Codable {
    /// The row exists, no box has answered yet.
    case creating
    /// It has a box, or gets its box back without being asked.
    case active
    /// Put aside after idling; the next use brings it back.
    case paused
    /// Stopped by its user or by its own timeout; only `connect` brings it back, and only when it is persistent.
    case shutdown
    /// It never came to be; `error` says why.
    case error
}
