import Glibc
import Model

extension SelfHostedFailure {
    /// What an agent has answered.
    init(_ fault: Fault) {
        switch fault.code {
        case .leaseLost: self = .superseded
        case .agentDenied: self = .denied(fault.message)
        case .overloaded: self = .overloaded(after: fault.retryAfter)
        case .fileNotFound, .isDirectory, .notDirectory, .fileExists, .permissionDenied, .directoryNotEmpty, .diskFull,
            .invalidPath, .bodyTooLarge:
            self = .file(fault.code, fault.message)
        case .notFound: self = .unknownHandle
        case .processNotFound: self = .processGone
        case .processEnded: self = .processEnded
        case .processStartFailed:
            self = .startFailed(errno: fault.details["errno"].flatMap { Int32($0) } ?? EAGAIN, fault.message)
        case .invalidRequest, .stdinOffset, .outOfRange, .outputExpired: self = .invalid(fault.message)
        case .unsupported, .limitNotSupported: self = .unsupported(fault.message)
        case .sandboxNotActive, .sandboxNotFound, .boxGone:
            self = .keeperEnded(reason: ProcessEnd.Reason.ofMachines.first { $0 == fault.details["reason"] })
        case .deadlineExceeded, .outcomeUnknown: self = .unanswered
        case .agentOffline, .agentRevoked: self = .absent
        default: self = .failed(fault.message)
        }
    }
}
