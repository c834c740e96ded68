package import NIOCore

/// A program to run in a box.
package struct BoxCommand: Sendable {
    /// Names the process for the far end, 26 characters.
    package var id: String
    /// The program and its arguments; no shell in between.
    package var arguments: [String]
    package var workingDirectory: String?
    /// Added to the sandbox's environment; secret, never logged.
    package var environment: [String: String]
    package var stdin: Input
    /// After this the tree is killed and the exit says `timedOut`.
    package var timeout: Duration?
    /// It has a terminal of this size: one output, stdout, and its input stays open.
    package var terminal: Terminal?
    /// It belongs to the box: it outlives handle and owner, its output is kept until acknowledged (bounded, then it is
    /// slowed), its exit until released.
    package var isDurable: Bool

    package struct Terminal: Sendable, Hashable {
        package var rows: UInt16
        package var columns: UInt16

        package init(rows: UInt16, columns: UInt16) {
            self.rows = rows
            self.columns = columns
        }
    }

    package enum Input: Sendable {
        /// Reads end of file at once.
        case none
        case bytes(ByteBuffer)
        /// Begins with these bytes, and is written while it runs.
        case open(ByteBuffer)
    }

    package init(
        id: String,
        arguments: [String],
        workingDirectory: String? = nil,
        environment: [String: String] = [:],
        stdin: Input = .none,
        timeout: Duration? = nil,
        terminal: Terminal? = nil,
        isDurable: Bool = false
    ) {
        self.id = id
        self.arguments = arguments
        self.workingDirectory = workingDirectory
        self.environment = environment
        self.stdin = stdin
        self.timeout = timeout
        self.terminal = terminal
        self.isDurable = isDurable
    }
}

/// How far a program's input has got.
package struct InputState: Sendable, Hashable {
    /// All bytes that the far end has taken since the start.
    package var offset: UInt64
    package var hasEnded: Bool

    package init(offset: UInt64, hasEnded: Bool) {
        self.offset = offset
        self.hasEnded = hasEnded
    }
}

/// One durable process that a box knows.
package struct BoxProcessListing: Sendable, Hashable {
    package var id: String
    /// The provider's id of it.
    package var externalID: String
    package var isRunning: Bool
    /// Offsets of the first bytes that are still held: nobody can follow it from before them.
    package var stdoutStart: UInt64
    package var stderrStart: UInt64

    package init(id: String, externalID: String, isRunning: Bool, stdoutStart: UInt64, stderrStart: UInt64) {
        self.id = id
        self.externalID = externalID
        self.isRunning = isRunning
        self.stdoutStart = stdoutStart
        self.stderrStart = stderrStart
    }
}

/// How a program ended; from a wait status only.
package struct ProcessExit: Sendable, Hashable {
    /// The exit code, when it exited by itself.
    package var code: Int32?
    /// The signal's number, when one ended it.
    package var signal: Int32?
    /// The far end killed it because its time was over.
    package var timedOut: Bool
    /// Something still held the output open when the program had ended.
    package var outputOpen: Bool

    package init(code: Int32?, signal: Int32?, timedOut: Bool = false, outputOpen: Bool = false) {
        self.code = code
        self.signal = signal
        self.timedOut = timedOut
        self.outputOpen = outputOpen
    }
}

/// What a running program tells.
package enum ProcessEvent: Sendable {
    case stdout(ByteBuffer, offset: UInt64)
    case stderr(ByteBuffer, offset: UInt64)
    /// The last event.
    case exited(ProcessExit)
}
