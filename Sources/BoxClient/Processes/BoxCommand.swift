import BoxProtocol
package import NIOCore

/// What is to be run in a box.
///
/// There is no shell in between: who wants one names it.
package struct BoxCommand: Sendable {
    package enum Input: Sendable {
        /// `/dev/null`.
        case none
        /// These bytes, then the end.
        case bytes(ByteBuffer)
        /// These bytes, then what ``BoxProcess/append(_:at:isLast:within:)`` is given.
        case open(ByteBuffer)
    }

    package struct Terminal: Hashable, Sendable {
        package var rows: UInt16
        package var columns: UInt16

        package init(rows: UInt16, columns: UInt16) {
            self.rows = rows
            self.columns = columns
        }
    }

    /// Limits of each process, not of the tree.
    ///
    /// Nil is unlimited.
    package struct Limits: Hashable, Sendable {
        package var addressSpace: UInt64?
        package var processes: UInt64?
        package var openFiles: UInt64?

        package init(addressSpace: UInt64? = nil, processes: UInt64? = nil, openFiles: UInt64? = nil) {
            self.addressSpace = addressSpace
            self.processes = processes
            self.openFiles = openFiles
        }
    }

    /// Names the process for good; chosen by the caller, never used twice in a box.
    package var id: String

    /// The program, looked up in the `PATH` of the process's environment when it has no slash, and its arguments.
    package var arguments: [String]

    package var environment: [String: String] = [:]

    /// Whether the box's own environment is below `environment`.
    package var inheritsEnvironment = true

    /// Absolute, or relative to the workspace.
    ///
    /// Nil is the workspace.
    package var workingDirectory: String?

    package var input: Input = .none

    /// With a terminal there is one output, stdout, and the input stays open.
    package var terminal: Terminal?

    /// After that the tree is killed, and the exit says `timedOut`.
    package var timeout: Duration?

    /// Between TERM and KILL when the timeout strikes.
    package var grace: Duration = .milliseconds(500)

    package var limits = Limits()

    /// The process belongs to the box: it outlives the connection, its output is held until acknowledged, its exit
    /// until released.
    package var isDetached = false

    package init(id: String, arguments: [String]) {
        self.id = id
        self.arguments = arguments
    }
}

extension BoxCommand {
    var message: StartMessage {
        var message = StartMessage(
            id: id,
            arguments: arguments,
            environment: environment.map { "\($0.key)=\($0.value)" }
        )
        message.inheritsEnvironment = inheritsEnvironment
        message.workingDirectory = workingDirectory ?? ""
        message.input =
            switch input {
            case .none: .none
            case .bytes(let bytes): .bytes(Array(bytes.readableBytesView))
            case .open(let bytes): .open(Array(bytes.readableBytesView))
            }
        message.terminal = terminal.map { TerminalSize(rows: $0.rows, columns: $0.columns) }
        message.timeoutMilliseconds = timeout.map { max(1, $0.wholeMilliseconds) } ?? 0
        message.graceMilliseconds = grace.wholeMilliseconds
        message.addressSpace = limits.addressSpace ?? 0
        message.processCount = limits.processes ?? 0
        message.openFiles = limits.openFiles ?? 0
        message.isDetached = isDetached
        return message
    }
}

extension Duration {
    /// As the protocol carries durations; what is too long for it becomes its longest.
    var wholeMilliseconds: UInt32 {
        UInt32(clamping: components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000)
    }
}
