import ContractServer
import NIOConcurrencyHelpers
import NIOCore
import SandfleetClient
import Testing

@Suite(.timeLimit(.minutes(3))) struct StdinTests {
    /// Bytes that say where they are: a doubled or a missing one shows.
    private static func bytes(_ count: Int) -> ByteBuffer {
        ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8 &* 7) })
    }

    /// Pieces of all sizes.
    private static func pieces(_ bytes: ByteBuffer, seed: UInt64) -> AsyncStream<ByteBuffer> {
        AsyncStream { continuation in
            var rest = bytes
            var state = seed
            while rest.readableBytes > 0 {
                state = state &* 6_364_136_223_846_793_005 &+ 1
                let size = min(rest.readableBytes, 1 + Int(state >> 33) % 40_000)
                if let piece = rest.readSlice(length: size) { continuation.yield(piece) }
            }
            continuation.finish()
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func noByteIsDoubledOrLostWhereConnectionsBreak(seed: UInt64) async throws {
        try await withSandbox { client, sandbox, server in
            let bytes = Self.bytes(700_000)
            let process = try await client.startProcess(.shell("cat > copy"), in: sandbox, stdinOpen: true)
            try await server.cut(seed: seed, count: 15, reach: 160, routes: ["stdin"])
            let written = try await client.writeStdin(Self.pieces(bytes, seed: seed), to: process.id, at: 0)
            #expect(written == bytes.readableBytes)
            #expect(try await client.waitForProcess(process.id).exit?.isSuccess == true)
            #expect(try await client.content(of: "/copy", in: sandbox) == bytes, "seed \(seed)")
            #expect(try await server.cutsLeft() == 0)
        }
    }

    @Test func whatIsNotTakenIsOfferedAgain() async throws {
        try await withSandbox { client, sandbox, server in
            try await server.takeInput(atMost: 1000)
            let bytes = Self.bytes(50_500)
            let process = try await client.startProcess(.shell("cat > copy"), in: sandbox, stdinOpen: true)
            try await client.writeStdin(bytes, to: process.id, end: true)
            _ = try await client.waitForProcess(process.id)
            #expect(try await client.content(of: "/copy", in: sandbox) == bytes)
        }
    }

    @Test func whatWasWrittenBeforeIsContinued() async throws {
        try await withSandbox { client, sandbox, _ in
            var command = Command.shell("cat")
            command.input = ByteBuffer(string: "zero ")
            let process = try await client.startProcess(command, in: sandbox, stdinOpen: true)
            #expect(try await client.writeStdin(ByteBuffer(string: "one "), to: process.id) == 9)
            #expect(try await client.writeStdin(ByteBuffer(string: "one two "), to: process.id, at: 5) == 13)
            let gap = await expectError(.stdinOffset) {
                try await client.writeStdin(ByteBuffer(string: "x"), to: process.id, at: 14)
            }
            #expect(gap?.details["offset"] == "13")
            try await client.endStdin(of: process.id)
            let output = try await Gathered(client.output(of: process.id))
            #expect(String(buffer: output.stdout) == "zero one two ")
            let ended = await expectError(.processEnded) {
                try await client.writeStdin(ByteBuffer(string: "x"), to: process.id)
            }
            #expect(ended?.details["status"] == "exited")
        }
    }

    @Test func withoutInputNothingHangs() async throws {
        try await withSandbox { client, sandbox, _ in
            let result = try await client.runCommand(.shell("cat; echo end"), in: sandbox)
            #expect(result.stdout == "end\n")
        }
    }

    /// The source is asked for no more than the process reads, but for one piece and the process's pipe.
    @Test func aSourceIsReadAtTheProcesssPace() async throws {
        try await withSandbox { client, sandbox, _ in
            let command = Command.shell("until [ -e go ]; do sleep 0.01; done; wc -c")
            let process = try await client.startProcess(command, in: sandbox, stdinOpen: true)
            let asked = NIOLockedValueBox(0)
            let piece = ByteBuffer(repeating: 1, count: 100_000)
            let source = AsyncStream<ByteBuffer> {
                asked.withLockedValue { asked in
                    asked += 1
                    return asked <= 40 ? piece : nil
                }
            }
            async let written = client.writeStdin(source, to: process.id)
            // The pipe takes 64 KiB, so the first piece is stuck for as long as nobody reads.
            while asked.withLockedValue({ $0 }) == 0 { await Task.yield() }
            for _ in 0..<50 { _ = try await client.process(process.id) }
            #expect(asked.withLockedValue { $0 } == 1)
            _ = try await client.upload(.bytes(ByteBuffer()), to: "/go", in: sandbox)
            #expect(try await written == 4_000_000)
            let output = try await Gathered(client.output(of: process.id))
            #expect(String(buffer: output.stdout) == "4000000\n")
        }
    }

    @Test func whatTheSourceThrowsComesBack() async throws {
        struct SourceFailure: Error {}
        try await withSandbox { client, sandbox, _ in
            let process = try await client.startProcess(.shell("cat"), in: sandbox, stdinOpen: true)
            let source = AsyncThrowingStream<ByteBuffer, any Error> { $0.finish(throwing: SourceFailure()) }
            await #expect(throws: SourceFailure.self) { try await client.writeStdin(source, to: process.id) }
            #expect(try await client.process(process.id).isRunning)
        }
    }
}
