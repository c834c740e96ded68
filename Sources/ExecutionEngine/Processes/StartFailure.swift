import CLinux
import Glibc

/// Why a process could not be started.
package struct StartFailure: Error, Hashable, Sendable {
    package enum Reason: Sendable {
        /// No such program; a shell would say 127.
        case notFound
        /// A file that cannot be executed; a shell would say 126.
        case notExecutable
        case badWorkingDirectory
        /// An argument with a zero byte, or no argument at all.
        case invalid
        /// Another process has this id.
        case identifierInUse
        /// The system lacks what a process needs.
        case resources
    }

    package var reason: Reason
    package var error: SystemError

    /// No process came to be.
    private(set) var isBirth = false

    package init(_ reason: Reason, _ error: SystemError) {
        self.reason = reason
        self.error = error
    }

    init(stage: Int32, error: SystemError) {
        self.error = error
        switch UInt32(bitPattern: stage) {
        case LINUX_SPAWN_DIRECTORY.rawValue: reason = .badWorkingDirectory
        case LINUX_SPAWN_EXEC.rawValue:
            switch error.code {
            case ENOENT, ENOTDIR: reason = .notFound
            case EAGAIN, ENOMEM: reason = .resources
            default: reason = .notExecutable
            }
        default:
            reason = .resources
            isBirth = UInt32(bitPattern: stage) == LINUX_SPAWN_FORK.rawValue
        }
    }
}
