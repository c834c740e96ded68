import ContractServer
import FoundationEssentials
import NIOCore
import SandfleetClient
import Testing

@Suite(.timeLimit(.minutes(3))) struct ObservedTests {
    @Test func recordAppendFinish() async throws {
        try await withSandbox { client, sandbox, _ in
            var theirs = ObservedProcess(command: "build", args: ["-v"])
            theirs.kind = .testRunner
            theirs.externalProcessId = "pid-7"
            theirs.startedAt = Date(timeIntervalSince1970: 1_700_000_000)
            let process = try await client.recordProcess(theirs, in: sandbox)
            #expect(process.observed && process.isRunning && process.externalProcessId == "pid-7")
            #expect(process.startedAt == theirs.startedAt && process.kind == .testRunner)

            var late = ObservedChunk.stdout(ByteBuffer(string: "grüße "))
            late.at = Date(timeIntervalSince1970: 1_700_000_001)
            let chunks: [ObservedChunk] = [
                .status(["status": "running"]), late, .stdout(ByteBuffer(bytes: [0xFF])),
                .stderr(ByteBuffer(string: "e")), .metadata(["x": .integer(1)]), .heartbeat,
            ]
            #expect(try await client.append(chunks, to: process.id) == 1...6)
            let exit = ProcessExit(.exited, exitCode: 3)
            #expect(try await client.finishProcess(process.id, exit).exitCode == 3)

            let output = try await Gathered(client.output(of: process.id))
            #expect(output.types == [.status, .stdout, .stdout, .stderr, .metadata, .heartbeat, .exit])
            #expect(Array(output.stdout.readableBytesView) == Array("grüße ".utf8) + [0xFF])
            #expect(output.exit?.exitCode == 3)
            for try await chunk in client.output(of: process.id) where chunk.sequence == 2 { #expect(chunk.at == late.at) }
            await expectError(.processEnded) { try await client.append([.heartbeat], to: process.id) }
            await expectError(.processEnded) { try await client.finishProcess(process.id, exit) }
        }
    }

    @Test func aLastChunkEndsIt() async throws {
        try await withSandbox { client, sandbox, _ in
            let process = try await client.recordProcess(ObservedProcess(command: "x"), in: sandbox)
            try await client.append([.error(["status": "lost", "reason": "host_gone"])], to: process.id)
            let ended = try await client.waitForProcess(process.id)
            #expect(ended.status == .lost && ended.reason == "host_gone")
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func numberedChunksAreAppendedOnce(seed: UInt64) async throws {
        try await withSandbox { client, sandbox, server in
            let process = try await client.recordProcess(ObservedProcess(command: "x"), in: sandbox)
            try await server.cut(seed: seed, count: 10, reach: 160, routes: ["chunks"])
            var next = 1
            for number in 0..<20 {
                let chunks: [ObservedChunk] = [.stdout(ByteBuffer(string: "\(number) ")), .heartbeat]
                next = try await client.append(chunks, to: process.id, at: next).upperBound + 1
            }
            await expectError(.operationConflict) { try await client.append([.heartbeat], to: process.id, at: 99) }
            try await client.finishProcess(process.id, ProcessExit(.exited, exitCode: 0))
            let output = try await Gathered(client.output(of: process.id))
            let expected = (0..<20).map { "\($0) " }.joined()
            #expect(String(buffer: output.stdout) == expected, "seed \(seed)")
        }
    }
}
