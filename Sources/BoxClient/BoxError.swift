import BoxProtocol
package import ExecutionEngine
import Glibc

/// Why a box did not do what it was asked.
package struct BoxError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        case notFound
        case notDirectory
        case isDirectory
        case notEmpty
        case permission
        case exists
        case noSpace
        case invalid
        /// Another call to the kernel failed; see `errno`.
        case system

        /// No such program; a shell would say 127.
        case commandNotFound
        /// A file that cannot be executed; a shell would say 126.
        case commandNotExecutable
        case badWorkingDirectory
        /// The box lacks what a process needs.
        case startFailed
        case noSuchProcess
        case processExists
        /// Output before the asked offset has been acknowledged and is gone.
        case outputForgotten
        /// Another connection has attached to the process.
        case followedElsewhere
        /// Some of a tree's processes hang in the kernel and survive a kill.
        case survivors
        /// The process has ended, and nothing of its tree is left.
        case processEnded
        /// Input that begins behind what the process was given.
        case inputGap

        /// The file does not have the size that its writer counted.
        case sizeMismatch
        case noSuchHandle

        /// The path leads out of the directory that the keeper may work in.
        case outsideRoot
        /// As many durable processes run as may.
        case processLimit

        /// Somebody has spoken to the box under a higher epoch.
        case staleEpoch
        case wrongSandbox
        case unsupportedVersion
        case tooMany
        case tooLarge
        /// Nobody listens on the box's socket.
        case unreachable
        case connectionClosed
        case protocolViolation
    }

    package let code: Code
    /// 0 when no call to the kernel was involved.
    package let errno: Int32

    package init(_ code: Code, errno: Int32 = 0) {
        self.code = code
        self.errno = errno
    }

    package init(_ error: SystemError) {
        self.init(Code(errno: error.code), errno: error.code)
    }

    init(_ failure: FailureMessage) {
        let code: Code =
            switch failure.code {
            case .system: Code(errno: failure.errno)
            case .staleEpoch: .staleEpoch
            case .invalid: .invalid
            case .unsupportedVersion: .unsupportedVersion
            case .wrongSandbox: .wrongSandbox
            case .tooMany: .tooMany
            case .noSuchProcess: .noSuchProcess
            case .processExists: .processExists
            case .outputForgotten: .outputForgotten
            case .commandNotFound: .commandNotFound
            case .commandNotExecutable: .commandNotExecutable
            case .badWorkingDirectory: .badWorkingDirectory
            case .startFailed: .startFailed
            case .survivors: .survivors
            case .processEnded: .processEnded
            case .inputGap: .inputGap
            case .followedElsewhere: .followedElsewhere
            case .noSuchHandle: .noSuchHandle
            case .sizeMismatch: .sizeMismatch
            case .outsideRoot: .outsideRoot
            case .processLimit: .processLimit
            }
        self.init(code, errno: failure.errno)
    }

    package var description: String {
        errno == 0 ? code.rawValue : "\(code.rawValue): \(String(cString: strerror(errno)))"
    }
}

extension BoxError.Code {
    init(errno: Int32) {
        self =
            switch errno {
            case ENOENT: .notFound
            case ENOTDIR: .notDirectory
            case EISDIR: .isDirectory
            case ENOTEMPTY: .notEmpty
            case EACCES, EPERM, EROFS: .permission
            case EEXIST: .exists
            case ENOSPC, EDQUOT: .noSpace
            case EINVAL, ENAMETOOLONG, ELOOP, ENOTTY: .invalid
            case EFBIG, E2BIG: .tooLarge
            default: .system
            }
    }
}
