/// What is to be run.
///
/// There is no shell in between: who wants one names it.
package struct Command {
    package enum Input {
        /// `/dev/null`.
        case none
        /// These bytes, then the end.
        case bytes([UInt8])
        /// These bytes, then what ``Execution/append(_:at:isLast:)`` is given.
        case open([UInt8])
    }

    package struct Terminal {
        package var rows: UInt16
        package var columns: UInt16

        package init(rows: UInt16, columns: UInt16) {
            self.rows = rows
            self.columns = columns
        }
    }

    package struct Limit {
        package enum Resource {
            /// Bytes of address space.
            case addressSpace
            /// Processes and threads of the user.
            case processes
            case openFiles
            /// Of no effect; see ``TreeMarks``.
            case fileLocks
        }

        package var resource: Resource
        package var value: UInt64

        package init(_ resource: Resource, _ value: UInt64) {
            self.resource = resource
            self.value = value
        }
    }

    /// Names the process for good; chosen by the caller.
    package var id: String

    /// The program, looked up in the `PATH` of `environment` when it has no slash, and its arguments.
    package var arguments: [String]

    /// `NAME=value` entries; nothing is inherited.
    package var environment: [String]

    /// An absolute path.
    package var workingDirectory: String

    /// The directory itself, wherever its path leads by then.
    package var heldDirectory: Descriptor?

    package var input: Input = .none
    /// With a terminal the input never ends.
    package var terminal: Terminal?
    package var limits: [Limit] = []

    /// After that many milliseconds every descendant is killed, and the end says so.
    package var timeoutMilliseconds: UInt64?

    /// Between TERM and KILL when the timeout strikes.
    package var graceMilliseconds: UInt64 = 500

    /// Belongs to the host and not to whoever started it.
    ///
    /// The engine treats both alike; its users do not.
    package var isDetached = false

    /// What its tree is known by, besides; the engine's own.
    var mark: UInt64?

    /// How many unacknowledged bytes of output are held before the process is slowed down; fewer when all processes
    /// together hold much.
    package var window = 512 << 10

    package init(id: String, arguments: [String], environment: [String], workingDirectory: String) {
        self.id = id
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
    }
}
