import BoxClient
import Glibc
import Model

extension Fault {
    /// What a keeper's refusal means to whoever asked.
    init(_ error: BoxError, about subject: String = "") {
        let message = "The machine answered: \(error)."
        switch error.code {
        case .notFound: self.init(.fileNotFound, "There is no such file.")
        case .notDirectory: self.init(.notDirectory, "That is not a directory.")
        case .isDirectory: self.init(.isDirectory, "That is a directory.")
        case .notEmpty: self.init(.directoryNotEmpty, "The directory is not empty.")
        case .permission: self.init(.permissionDenied, "The user that sandboxes run as may not do that.")
        case .exists: self.init(.fileExists, "There is such a file already.")
        case .noSpace: self.init(.diskFull, "The disk of the machine is full.")
        case .commandNotFound: self = .start("There is no such program.", ENOENT)
        case .commandNotExecutable: self = .start("That file cannot be executed.", EACCES)
        case .badWorkingDirectory:
            self = .start("The working directory cannot be entered.", error.errno == ENOENT ? ENOTDIR : error.errno)
        case .startFailed: self = .start("The program could not be started.", error.errno)
        case .noSuchProcess: self.init(.processNotFound, "There is no such process here.")
        case .processEnded: self.init(.processEnded, "The process has ended, or was killed before it could start.")
        case .inputGap: self.init(.stdinOffset, "The input begins behind what the process was given.")
        case .outputForgotten: self.init(.outputExpired, "Output before that offset was acknowledged, and is gone.")
        case .sizeMismatch: self.init(.outOfRange, "The file does not have that size.")
        case .noSuchHandle: self = .unknownHandle
        case .staleEpoch: self = .leaseLost
        case .outsideRoot: self = Denial.root("The path leads out of the directory that sandboxes work in.")
        case .tooMany, .processLimit: self.init(.overloaded, "The sandbox holds as much as it can.", retryAfter: 1)
        case .invalid, .tooLarge: self.init(.invalidRequest, message)
        case .unsupportedVersion:
            self.init(.unsupported, "The keeper of this sandbox is of another version of the agent.", hint: "Close it.")
        case .unreachable, .connectionClosed, .protocolViolation, .followedElsewhere, .wrongSandbox:
            self.init(.outcomeUnknown, message, retryAfter: 1)
        case .survivors: self = .survivors([])
        case .processExists, .system: self.init(.providerFailed, message)
        }
    }

    private static func start(_ message: String, _ errno: Int32) -> Fault {
        Fault(.processStartFailed, message, details: errno == 0 ? [:] : ["errno": "\(errno)"])
    }

    static let leaseLost = Fault(.leaseLost, "Somebody with a newer lease has spoken to this sandbox.")

    static let unknownHandle = Fault(
        .notFound,
        "There is no such handle; they end after a minute without use, and with the agent.",
        details: ["reason": "handle"]
    )

    /// What was to end has not, and that is what is said.
    ///
    /// - Parameter pids: As far as they are known.
    static func survivors(_ pids: [Int32]) -> Fault {
        let named = pids.map(String.init).joined(separator: ", ")
        return Fault(
            .providerFailed,
            "Some of what runs in the sandbox could not be killed\(named.isEmpty ? "" : " (processes \(named))").",
            hint: "It hangs in the machine's kernel, or belongs to another account; the machine's user can see to it.",
            retryAfter: 5,
            details: ["reason": "survivors"]
        )
    }

    /// The sandbox has no keeper now: `open` finds out why, and starts one.
    static func notOpen(_ reason: String) -> Fault {
        Fault(
            .sandboxNotActive,
            "The sandbox is not open on this machine.",
            hint: "Open it.",
            retryAfter: 1,
            details: reason.isEmpty ? [:] : ["reason": reason]
        )
    }
}
