import Model

/// Why a call to a user's machine came to nothing.
///
/// There is no word for gone: a machine that is not there is absent, and only its user can say more. So nothing in this
/// driver can make an error that would lead to another box.
enum SelfHostedFailure: Error, Sendable, Hashable {
    /// The machine is not there; nothing was done.
    case absent
    /// It was asked, and has not answered: it may have been done.
    case unanswered
    /// We cannot be heard ourselves.
    case busUnavailable
    /// A later owner has spoken to the machine.
    case superseded
    /// The machine has too much to do; nothing was done. Seconds to wait, when it said so.
    case overloaded(after: Int?)
    /// The machine's user does not allow it; nothing was done.
    case denied(String)
    /// What holds the sandbox's processes has ended, for a reason in one of our words.
    case keeperEnded(reason: String?)
    /// A file operation's own answer.
    case file(FaultCode, String)
    /// Of a file that is read or written.
    case unknownHandle
    case processGone
    case processEnded
    case startFailed(errno: Int32, String)
    case invalid(String)
    case unsupported(String)
    /// The handle was let go of: its owner, or this connection, is over.
    case detached
    case cancelled
    /// Anything else that the machine said.
    case failed(String)

    /// Of this attempt: one before it may have done what it was to do.
    var saysNothingWasDone: Bool {
        switch self {
        case .absent, .overloaded, .denied: true
        default: false
        }
    }
}
