import ProviderKit

/// The engine's words for a container.
enum ContainerState: String, ProviderState {
    case created
    case running
    case paused
    case restarting
    case removing
    case stopping
    case exited
    case dead

    var meaning: StateMeaning {
        switch self {
        case .running: .running
        case .restarting: .becoming
        // Made and never started, or at rest: paused ones are continued instead of started.
        case .created, .paused, .exited: .stopped
        case .removing, .stopping: .leaving
        // A removal that has failed half way.
        case .dead: .failed
        }
    }
}
