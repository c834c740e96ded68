import BoxProtocol
package import NIOCore

/// Which of a process's outputs.
package enum BoxOutputStream: Hashable, Sendable {
    case stdout
    case stderr
}

/// What a process has done.
package enum BoxProcessEvent: Hashable, Sendable {
    /// `offset` counts the bytes of that stream before these.
    case output(stream: BoxOutputStream, bytes: ByteBuffer, offset: UInt64)
    case exited(BoxExit)
}

/// How a process ended, from its wait status.
package struct BoxExit: Hashable, Sendable {
    /// Nil when a signal killed it.
    package var code: Int32?
    package var signal: Int32?
    /// A descendant still holds the output; what it writes from now on is thrown away.
    package var outputOpen: Bool
    /// The box killed it because its time was up.
    package var timedOut: Bool
    package var stdoutBytes: UInt64
    package var stderrBytes: UInt64

    init(_ message: ExitedMessage) {
        code = message.status >= 0 ? message.status : nil
        signal = message.status < 0 ? -message.status : nil
        outputOpen = message.outputOpen
        timedOut = message.timedOut
        stdoutBytes = message.totals.stdout
        stderrBytes = message.totals.stderr
    }
}

/// One process that a box remembers.
package struct BoxProcessSummary: Hashable, Sendable {
    package var id: String
    package var process: Int32
    package var isDetached: Bool
    /// Nil while it runs.
    package var exit: BoxExit?
    /// The first bytes that are still held.
    package var stdoutStart: UInt64
    package var stderrStart: UInt64

    init(_ summary: ProcessSummary) {
        id = summary.id
        process = summary.process
        isDetached = summary.isDetached
        exit = summary.exit.map(BoxExit.init)
        stdoutStart = summary.held.stdout
        stderrStart = summary.held.stderr
    }
}
