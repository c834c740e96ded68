import BoxProtocol
import ExecutionEngine

/// An answer to a request that has one.
enum BoxReply: Sendable {
    case done
    case welcome(WelcomeMessage)
    case processes([ProcessSummary])
    case fileStatus(FileStatusMessage)
    case opened(FileStatusMessage, Descriptor)
    case page(PageMessage)
    case inputState(InputStateMessage)
    case openedInline(FileStatusMessage)
    case contents([UInt8])
}

/// What arrives on the stream of a process.
enum ProcessNews {
    case started(StartedMessage)
    /// The bytes are borrowed for the call.
    case output(OutputMessage)
    case exited(ExitedMessage)
    case inputRoom
    case failed(BoxError)
}

/// Follows one process; called on the loop's thread.
protocol ProcessFollower: AnyObject, Sendable {
    func receive(_ news: ProcessNews)
}
