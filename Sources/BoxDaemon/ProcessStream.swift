import BoxProtocol
import ExecutionEngine

/// What a client follows of one process: how far it has been told.
struct ProcessStream {
    /// How much of a process that is spooled is sent before something is acknowledged; of any other no more is held.
    private static let window: UInt64 = 1 << 20

    let execution: Execution
    private var sent: OutputOffsets
    private var isFinished = false

    init(_ execution: Execution, from offsets: OutputOffsets = OutputOffsets()) {
        self.execution = execution
        sent = offsets
    }

    /// Appends the next frame, if there is one.
    ///
    /// Returns whether there may be more.
    mutating func takeFrame(_ stream: UInt32, into outgoing: inout OutgoingBytes) throws(SystemError) -> Bool {
        let limit = min(Frame.outputChunk, room)
        // The next acknowledgement goes on.
        guard limit > 0 else { return false }
        if try takeOutput(stream, .stdout, from: \.stdout, limit: limit, into: &outgoing) {
            return true
        }
        if try takeOutput(stream, .stderr, from: \.stderr, limit: limit, into: &outgoing) {
            return true
        }
        guard !isFinished, let exit = ExitedMessage(execution) else { return false }
        outgoing.append(FieldEncoder.frame(.exited, stream: stream, exit))
        isFinished = true
        return false
    }

    /// How much more may be sent.
    private var room: Int {
        guard execution.isSpooled else { return .max }
        let stdout = sent.stdout - min(sent.stdout, execution.stdout.start)
        let stderr = sent.stderr - min(sent.stderr, execution.stderr.start)
        return Int(Self.window - min(Self.window, stdout + stderr))
    }

    private mutating func takeOutput(
        _ stream: UInt32,
        _ output: OutputStream,
        from offset: WritableKeyPath<OutputOffsets, UInt64>,
        limit: Int,
        into outgoing: inout OutgoingBytes
    ) throws(SystemError) -> Bool {
        let bytes = try execution.log(output).bytes(from: sent[keyPath: offset], limit: limit)
        guard !bytes.isEmpty else { return false }
        // The frame of an `OutputMessage`, with its bytes copied once.
        var encoder = FieldEncoder()
        let start = encoder.begin(.output, stream: stream)
        encoder.write(output == .stderr)
        encoder.write(sent[keyPath: offset])
        encoder.write(UInt32(bytes.count))
        encoder.finish(from: start, following: bytes.count)
        outgoing.append(encoder.bytes)
        outgoing.append(bytes)
        sent[keyPath: offset] += UInt64(bytes.count)
        return true
    }
}

extension InputPosition {
    init(_ execution: Execution) {
        self.init(offset: execution.inputOffset, hasEnded: execution.inputHasEnded)
    }
}

extension ExitedMessage {
    /// Nil while the process runs.
    init?(_ execution: Execution) {
        guard let end = execution.end else { return nil }
        let status: Int32 =
            switch end.status {
            case .code(let code): code
            case .signal(let number): -number
            }
        self.init(
            status: status,
            outputOpen: end.outputOpen,
            timedOut: end.timedOut,
            totals: OutputOffsets(stdout: execution.stdout.end, stderr: execution.stderr.end)
        )
    }
}
