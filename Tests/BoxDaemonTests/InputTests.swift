import BoxClient
import Foundation
import NIOCore
import Testing

@Suite struct InputTests {
    /// The process reads `go` lines from a fifo, and a part of its input for each.
    private static let reader = """
        mkfifo go; exec 3<>go; echo ready >&2
        while read -r count <&3; do head -c "$count"; done
        """

    private func started(_ process: BoxProcess) async throws {
        guard case .output(.stderr, _, _) = try await process.nextEvent() else {
            Issue.record("no greeting")
            return
        }
    }

    @Test func inputIsStreamedWithBackpressure() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let process = try await connection.start(.shell("cat") { $0.input = .open(ByteBuffer()) })
            let chunk = ByteBuffer(bytes: (0..<100_000).map { UInt8(truncatingIfNeeded: $0) })
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for _ in 0..<100 {
                        try await process.append(chunk)
                    }
                    try await process.append(ByteBuffer(), isLast: true)
                }
                var received = try await process.collect().stdout
                #expect(received.readableBytes == 10_000_000)
                while let part = received.readSlice(length: 100_000) {
                    #expect(part == chunk)
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func whatIsThereIsSkippedAndAGapIsRefused() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            #expect(mkfifo(box.workspace + "/go", 0o600) == 0)
            let process = try await connection.start(.shell("cat; cat go") { $0.input = .open(ByteBuffer(string: "ab")) })
            #expect(process.inputAtStart.offset == 2 && !process.inputAtStart.hasEnded)
            let whole = ByteBuffer(string: "abcdef")
            var state = try await process.append(whole, at: 0)
            #expect(state.input.offset == 6 && state.taken == 6)
            // The same, a part of it, and some more.
            state = try await process.append(whole, at: 0)
            #expect(state.input.offset == 6 && state.taken == 6)
            state = try await process.append(ByteBuffer(string: "cd"), at: 2)
            #expect(state.input.offset == 6 && state.taken == 2)
            state = try await process.append(ByteBuffer(string: "efgh"), at: 4)
            #expect(state.input.offset == 8 && state.taken == 4)
            await #expect(throws: BoxError(.inputGap)) { try await process.append(whole, at: 9) }
            await #expect(throws: BoxError(.inputGap)) { try await process.append(ByteBuffer(), at: .max) }
            state = try await process.append(ByteBuffer(), at: nil)
            #expect(state.input.offset == 8 && state.taken == 0 && !state.input.hasEnded)
            state = try await process.append(ByteBuffer(string: "ij"), isLast: true)
            #expect(state.input.offset == 10 && state.input.hasEnded)
            // An end is an end, however often it is asked for, until the process has ended too.
            state = try await process.append(ByteBuffer(string: "ij"), at: 8, isLast: true)
            #expect(state.input.offset == 10 && state.input.hasEnded && state.taken == 2)
            state = try await process.append(ByteBuffer(string: "k"), at: 10)
            #expect(state.input.offset == 10 && state.input.hasEnded && state.taken == 0)
            _ = try await connection.run(.shell(": > go"))
            let run = try await process.collect()
            #expect(String(buffer: run.stdout) == "abcdefghij" && run.exit.code == 0)
        }
    }

    /// Two owners after each other repeat themselves, and the process reads every byte once.
    @Test func theCountOutlivesConnections() async throws {
        try await BoxFixture.with { box in
            let input = ByteBuffer(bytes: (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
            var connection = try await box.connect()
            var process = try await connection.start(.shell("cat") { $0.input = .open(ByteBuffer()) }.detached)
            let id = process.id
            var known = 0
            var epoch: UInt64 = 1
            var received = ByteBuffer()
            while known < input.readableBytes {
                // An owner is gone in the middle of an append.
                let writer = Task { [process, known] in
                    let part = input.getSlice(at: known, length: input.readableBytes - known) ?? ByteBuffer()
                    return try await process.append(part, at: UInt64(known))
                }
                let limit = received.readableBytes + Int.random(in: 1...1_000_000)
                while received.readableBytes < min(limit, input.readableBytes) {
                    guard case .output(_, var bytes, _) = try await process.nextEvent() else { break }
                    received.writeBuffer(&bytes)
                    process.acknowledge(stdout: UInt64(received.readableBytes), stderr: 0)
                }
                writer.cancel()
                _ = await writer.result
                connection.close()
                epoch += 1
                connection = try await box.connect(epoch: epoch)
                process = try await connection.attach(
                    id: id,
                    stdoutOffset: UInt64(received.readableBytes),
                    stderrOffset: 0
                )
                let position = process.inputAtStart
                #expect(position.offset >= UInt64(received.readableBytes) && !position.hasEnded)
                // It goes on from somewhere before what is known.
                known = max(0, Int(position.offset) - Int.random(in: 0...200_000))
                if position.offset == input.readableBytes {
                    known = input.readableBytes
                }
            }
            try await process.append(ByteBuffer(), isLast: true)
            received.writeImmutableBuffer(try await process.collect().stdout)
            #expect(received == input)
        }
    }

    @Test func aProcessThatDoesNotReadTakesSoMuchAndNoMore() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let process = try await connection.start(.shell(Self.reader) { $0.input = .open(ByteBuffer()) })
            try await started(process)
            let input = ByteBuffer(bytes: (0..<500_000).map { UInt8(truncatingIfNeeded: $0 >> 2) })
            let first = try await process.append(input, at: 0, within: .milliseconds(50))
            // A pipe of 64 KiB, and as much in the daemon.
            #expect(first.taken == 131_072 && first.input.offset == 131_072 && !first.input.hasEnded)
            let again = try await process.append(input, at: 0, within: .zero)
            #expect(again.taken == 131_072)
            #expect(try box.ownMemory() < 2048)
            let rest = Task { try await process.append(input, at: 0, isLast: true).taken }
            _ = try await connection.run(.shell("echo 1000000 > go"))
            #expect(try await rest.value == 500_000)
            var received = ByteBuffer()
            while received.readableBytes < 500_000, case .output(_, var bytes, _) = try await process.nextEvent() {
                received.writeBuffer(&bytes)
            }
            #expect(received == input)
        }
    }

    @Test func aWaitingWriterIsToldOfTheEnd() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let process = try await connection.start(.shell("sleep 1000") { $0.input = .open(ByteBuffer()) }.detached)
            let full = ByteBuffer(repeating: 1, count: 300_000)
            let cancelled = Task { try await process.append(full) }
            let waiting = Task { try await process.append(full) }
            try await eventually("the input is full") {
                try await process.append(ByteBuffer()).input.offset == 131_072
            }
            cancelled.cancel()
            await #expect(throws: CancellationError.self) { _ = try await cancelled.value }
            try await process.kill()
            await #expect(throws: BoxError(.processEnded)) { _ = try await waiting.value }
            await #expect(throws: BoxError(.processEnded)) { _ = try await process.append(full) }
            #expect(try await process.exit().signal == SIGKILL)
            // The same for whoever attaches later.
            let attached = try await connection.attach(id: process.id, stdoutOffset: 0, stderrOffset: 0)
            await #expect(throws: BoxError(.processEnded)) { _ = try await attached.append(ByteBuffer()) }
            attached.release()
        }
    }

    @Test func aProcessThatClosesItsInputEndsIt() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let process = try await connection.start(
                .shell("exec <&-; echo closed >&2; sleep 1000") { $0.input = .open(ByteBuffer()) }
            )
            try await started(process)
            let state = try await process.append(ByteBuffer(repeating: 1, count: 300_000))
            #expect(state.input.hasEnded && state.taken < 300_000)
        }
    }

    /// Nothing given, nothing to wait for.
    @Test func inputThatNobodyGaveIsAtItsEnd() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let process = try await connection.start(.shell("cat; echo end; sleep 1000"))
            #expect(process.inputAtStart.offset == 0 && process.inputAtStart.hasEnded)
            guard case .output(_, let bytes, _) = try await process.nextEvent() else {
                Issue.record("no output")
                return
            }
            #expect(String(buffer: bytes) == "end\n")
            let state = try await process.append(ByteBuffer(string: "late"), at: 0)
            #expect(state.taken == 0 && state.input.offset == 0 && state.input.hasEnded)
            let given = try await connection.start(.shell("cat") { $0.input = .bytes(ByteBuffer(string: "given")) })
            #expect(given.inputAtStart.offset == 5 && given.inputAtStart.hasEnded)
            #expect(String(buffer: try await given.collect().stdout) == "given")
        }
    }

    @Test func aLongFirstInputIsTakenWhole() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let input = ByteBuffer(bytes: (0..<900_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 4) })
            let run = try await connection.run(.shell("cat") { $0.input = .bytes(input) })
            #expect(run.stdout == input)
            let ignored = try await connection.run(.shell("exit 3") { $0.input = .bytes(input) })
            #expect(ignored.exit.code == 3)
            let tooLong = ByteBuffer(repeating: 0, count: 2 << 20)
            await #expect(throws: BoxError(.tooLarge)) {
                _ = try await connection.run(.shell("cat") { $0.input = .bytes(tooLong) })
            }
        }
    }

    @Test func writersTakeTurns() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let process = try await connection.start(.shell("cat") { $0.input = .open(ByteBuffer()) })
            let counts = try await withThrowingTaskGroup(of: Void.self) { group in
                for letter in "abcdefgh".utf8 {
                    group.addTask {
                        for _ in 0..<20 {
                            // Shorter than what the kernel writes in one piece.
                            let state = try await process.append(ByteBuffer(repeating: letter, count: 20_000))
                            #expect(state.taken == 20_000)
                        }
                    }
                }
                let collected = Task { try await process.collect().stdout }
                try await group.waitForAll()
                try await process.append(ByteBuffer(), isLast: true)
                var counts: [UInt8: Int] = [:]
                for byte in try await collected.value.readableBytesView {
                    counts[byte, default: 0] += 1
                }
                return counts
            }
            #expect(counts == Dictionary(uniqueKeysWithValues: "abcdefgh".utf8.map { ($0, 400_000) }))
        }
    }
}
