import Model
import ProviderKit

/// What the owner itself wants of a process that still runs.
enum ProcessWish: Sendable, Hashable {
    /// It was told to end, for this reason.
    case kill(reason: String)
    /// Its sandbox ends, and it with it.
    case lose(reason: String)
}

extension ProcessEnd {
    /// What a wait status means, given what had been asked of the process before it came.
    init(_ exit: ProcessExit, wish: ProcessWish?) {
        let signal = exit.signal.map(Signal.name)
        switch wish {
        case _ where exit.timedOut:
            self.init(.killed, signal: signal, reason: Reason.timeout)
        case .lose(let reason):
            self.init(.lost, reason: reason, message: Self.explanation(of: reason))
        case .kill(let reason):
            self.init(.killed, signal: signal, reason: reason)
        case nil where exit.signal != nil:
            self.init(.killed, signal: signal, reason: Reason.signal)
        case nil:
            self.init(.exited, exitCode: exit.code)
        }
        outputOpen = exit.outputOpen
    }

    /// What nobody can know the end of.
    init(lost reason: String) {
        self.init(.lost, reason: reason, message: Self.explanation(of: reason))
    }

    private static func explanation(of reason: String) -> String {
        switch reason {
        case Reason.sandboxStopped: "Its sandbox was stopped."
        case Reason.sandboxPaused: "Its sandbox was paused."
        case Reason.sandboxDeleted: "Its sandbox was deleted."
        case Reason.boxGone: "The box that it ran in ended."
        default: "The box does not know it; perhaps it never started."
        }
    }
}
