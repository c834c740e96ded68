import FleetTesting

/// What becomes of a sandbox that nobody uses.
enum SandboxKind: String, Sendable {
    /// It stays as it is, and comes back from a stop.
    case lasting
    /// It is put to sleep when nothing runs.
    case idling
    /// It does not outlive its stop.
    case ephemeral

    static func draw(_ random: inout SeededGenerator) -> SandboxKind {
        switch Int.random(in: 0..<10, using: &random) {
        case ..<3: .idling
        case ..<5: .ephemeral
        default: .lasting
        }
    }
}
