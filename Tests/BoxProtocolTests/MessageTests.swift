import Testing

@testable import BoxProtocol

@Suite struct MessageTests {
    private static let exit = ExitedMessage(
        status: -9,
        outputOpen: true,
        timedOut: true,
        totals: OutputOffsets(stdout: 1 << 40, stderr: 3)
    )

    private static var start: StartMessage {
        var message = StartMessage(id: "id", arguments: ["sh", "-c", ""], environment: ["A=\u{e9}"])
        message.inheritsEnvironment = false
        message.workingDirectory = "sub"
        message.input = .bytes([0, 255])
        message.terminal = TerminalSize(rows: 24, columns: 80)
        message.timeoutMilliseconds = 5
        message.graceMilliseconds = 6
        message.addressSpace = .max
        message.processCount = 7
        message.openFiles = 8
        message.isDetached = true
        return message
    }

    private static let file = FileStatusMessage(
        name: "n",
        kind: .symbolicLink,
        size: 1,
        mode: 0o644,
        modifiedNanoseconds: -1,
        target: "t"
    )

    private static let summary = ProcessSummary(
        id: "x",
        process: 9,
        isDetached: true,
        exit: exit,
        held: OutputOffsets(stdout: 5, stderr: 6)
    )

    /// Encodes and decodes, also behind fields of a newer version and with every possible cut.
    private func check<Message: FrameMessage & Equatable>(_ message: Message) throws {
        let bytes = FieldEncoder.payload(message)
        #expect(try bytes.withUnsafeBytes { try Message(payload: $0) } == message)
        #expect(try (bytes + [1, 2, 3, 4, 5]).withUnsafeBytes { try Message(payload: $0) } == message)
        for cut in 0..<bytes.count {
            #expect(throws: ProtocolViolation.self) {
                _ = try bytes[..<cut].withUnsafeBytes { try Message(payload: $0) }
            }
        }
    }

    @Test func messagesSurviveTheWire() throws {
        try check(HelloMessage(epoch: .max, sandbox: "s"))
        try check(WelcomeMessage(process: 1))
        try check(Self.start)
        var open = Self.start
        open.input = .open([7])
        try check(open)
        try check(StartedMessage(process: 3, input: InputPosition(offset: 1 << 33, hasEnded: true)))
        try check(AttachMessage(id: "a", offsets: OutputOffsets(stdout: 1, stderr: 2)))
        try check(Self.exit)
        try check(InputMessage(stream: 1, offset: .max, isLast: true, bytes: [1, 2]))
        try check(InputMessage(stream: 1, offset: nil, isLast: false, bytes: []))
        try check(InputStateMessage(taken: 7, position: InputPosition(offset: 8, hasEnded: false)))
        try check(SignalMessage(stream: 1, number: 15))
        try check(KillMessage(stream: 1, graceMilliseconds: 2))
        try check(KillNamedMessage(id: "k", graceMilliseconds: 2))
        try check(ShutDownMessage(graceMilliseconds: 3))
        try check(ResizeMessage(stream: 1, size: TerminalSize(rows: 2, columns: 3)))
        try check(ProcessListMessage(processes: [Self.summary, Self.summary]))
        try check(FailureMessage(code: .sizeMismatch, errno: 5))
        try check(Self.file)
        try check(PathMessage(path: "p", flag: true, mode: 1))
        try check(ListMessage(path: "p", limit: 3))
        try check(RenameMessage(source: "a", destination: "b"))
        try check(CommitMessage(handle: 1, size: 2, mode: 0o755))
        try check(HandleMessage(handle: 1, limit: 2))
        try check(PageMessage(entries: [Self.file, Self.file], isLast: true))
    }

    @Test func aCountThatTheFrameCannotHoldAllocatesNothing() {
        let bytes: [UInt8] = [255, 255, 255, 255, 0, 0, 0, 0]
        #expect(throws: ProtocolViolation.truncatedField) {
            _ = try bytes.withUnsafeBytes { try PageMessage(payload: $0) }
        }
    }

    @Test func randomPayloadsAreRefusedOrRead() {
        let parsers: [(UnsafeRawBufferPointer) throws -> Void] = [
            { _ = try StartMessage(payload: $0) }, { _ = try PageMessage(payload: $0) },
            { _ = try ProcessListMessage(payload: $0) }, { _ = try InputMessage(payload: $0) }, { _ = try OutputMessage(payload: $0) },
        ]
        for _ in 0..<5000 {
            let bytes = (0..<Int.random(in: 0...80)).map { _ in UInt8.random(in: 0...3) }
            for parser in parsers {
                do {
                    try bytes.withUnsafeBytes(parser)
                } catch {
                    #expect(error is ProtocolViolation)
                }
            }
        }
    }
}
