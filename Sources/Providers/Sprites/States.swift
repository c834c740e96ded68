import ProviderKit

/// The provider's words; none of them says that a sprite cannot be used: each use wakes it.
enum SpriteState: String, ProviderState {
    case running
    /// Its processes stand still.
    case warm
    /// It has no processes.
    case cold

    var meaning: StateMeaning {
        switch self {
        case .running: .running
        case .warm, .cold: .stopped
        }
    }
}
