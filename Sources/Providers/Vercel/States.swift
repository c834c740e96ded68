import ProviderKit

/// What Vercel says of a session, and of a sandbox whose newest session it is.
enum VercelState: String, ProviderState {
    case pending
    case running
    case stopping
    case snapshotting
    case stopped
    /// It did not come up; the next resume may.
    case failed
    /// Vercel has taken it away; what the sandbox's last snapshot holds is still there.
    case aborted

    var meaning: StateMeaning {
        switch self {
        case .pending: .becoming
        case .running: .running
        case .stopping, .snapshotting: .leaving
        case .stopped, .aborted: .stopped
        case .failed: .failed
        }
    }
}
