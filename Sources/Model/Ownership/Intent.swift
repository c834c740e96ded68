/// What the sandbox's user last asked for; written before anything is done, so that a successor can finish it.
package enum Intent: String, Sendable, CaseIterable, Codable {
    case run
    case pause
    case stop
    case delete
}
