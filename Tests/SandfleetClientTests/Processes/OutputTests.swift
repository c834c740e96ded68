import ContractServer
import NIOConcurrencyHelpers
import NIOCore
import SandfleetClient
import Testing

@Suite(.timeLimit(.minutes(3))) struct OutputTests {
    /// Prints random bytes on both streams in turns, and keeps them in files.
    private static let noise = """
        for i in 1 2 3 4 5 6 7 8 9 10 11 12; do \
        head -c 9000 /dev/urandom | tee -a out; head -c 7000 /dev/urandom | tee -a err >&2; done; exit 9
        """

    @Test(arguments: [
        "odd-split", "odd-joined", "odd-ends", "odd-half", "odd-broken", "odd-repeats", "odd-trouble", "odd-beats",
        "odd-silent",
    ])
    func whateverTheConnectionDoesEachChunkComesOnce(oddity: String) async throws {
        try await withSandbox { client, sandbox, server in
            let configuration = SandfleetClient.Configuration(silenceLimit: .seconds(2))
            let client = try SandfleetClient(
                url: server.url,
                apiKey: ContractServer.key,
                configuration: configuration
            )
            let process = try await client.startProcess(.shell(oddity), in: sandbox)
            let output = try await Gathered(client.output(of: process.id))
            #expect(output.types == [.status, .stdout, .init(rawValue: "new-kind"), .stderr, .stdout, .exit])
            #expect(Array(output.stdout.readableBytesView) == Array("grüße\n".utf8) + [0xFF, 0])
            #expect(String(buffer: output.stderr) == "b" && output.exit?.exitCode == 0)
        }
    }

    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64], [OutputStart.beginning, .offsets(stdout: 0, stderr: 0)])
    func nothingIsLostWhereConnectionsBreakAtAnyByte(seed: UInt64, start: OutputStart) async throws {
        try await withSandbox { client, sandbox, server in
            try await server.cut(seed: seed, count: 20, reach: 40_000, routes: ["output"])
            let process = try await client.startProcess(.shell(Self.noise), in: sandbox)
            let output = try await Gathered(client.output(of: process.id, from: start))
            #expect(output.exit?.exitCode == 9)
            #expect(try await client.content(of: "/out", in: sandbox) == output.stdout, "seed \(seed)")
            #expect(try await client.content(of: "/err", in: sandbox) == output.stderr, "seed \(seed)")
        }
    }

    @Test func aRestartIsWaitedOutAndToldOnce() async throws {
        try await withSandbox { client, sandbox, server in
            let command = Command.shell("echo one; until [ -e go ]; do sleep 0.01; done; echo two")
            let process = try await client.startProcess(command, in: sandbox)
            let changes = NIOLockedValueBox<[String]>([])
            let output = client.output(of: process.id) { change in
                let word =
                    switch change {
                    case .lost: "lost"
                    case .resumed: "resumed"
                    }
                changes.withLockedValue { $0.append(word) }
            }
            var printed = ""
            for try await chunk in output {
                printed += chunk.text ?? ""
                guard chunk.text == "one\n" else { continue }
                try await server.restart(pause: 1)
                while true {
                    do {
                        _ = try await client.upload(.bytes(ByteBuffer()), to: "/go", in: sandbox)
                        break
                    } catch let error as SandfleetError where [.unreachable, .interrupted].contains(error.code) {}
                }
            }
            #expect(printed == "one\ntwo\n")
            #expect(changes.withLockedValue { $0 } == ["lost", "resumed"])
        }
    }

    @Test func startsAtAnyChunkAndAnyByte() async throws {
        try await withSandbox { client, sandbox, _ in
            let command = Command.shell("printf abcdef; printf 123 >&2; exit 1")
            let process = try await client.startProcess(command, in: sandbox)
            _ = try await client.waitForProcess(process.id)
            func texts(_ start: OutputStart, follow: Bool = true) async throws -> [String] {
                var texts: [String] = []
                for try await chunk in client.output(of: process.id, from: start, follow: follow) {
                    texts.append("\(chunk.type) \(chunk.offset ?? -1) \(chunk.text ?? "")")
                }
                return texts
            }
            #expect(try await texts(.sequence(4)) == ["exit -1 "])
            #expect(try await texts(.offsets(stdout: 4, stderr: nil)) == ["status -1 ", "stdout 4 ef", "exit -1 "])
            #expect(
                try await texts(.offsets(stdout: 6, stderr: 1), follow: false)
                    == ["status -1 ", "stderr 1 23", "exit -1 "]
            )
            let beyond = await expectError(.outOfRange) { _ = try await texts(.sequence(5)) }
            #expect(beyond?.details["lastSeq"] == .integer(4))
        }
    }

    @Test func withoutFollowingItEndsWithWhatIsStored() async throws {
        try await withSandbox { client, sandbox, _ in
            let process = try await client.startProcess(.shell("echo one; sleep 100"), in: sandbox)
            for try await chunk in client.output(of: process.id) where chunk.type == .stdout { break }
            var printed = ""
            for try await chunk in client.output(of: process.id, follow: false) { printed += chunk.text ?? "" }
            #expect(printed == "one\n")
            // The next number may be asked for, and there is nothing yet; what lies beyond may not.
            for try await _ in client.output(of: process.id, from: .sequence(3), follow: false) {
                Issue.record("a chunk that does not exist yet")
            }
            await expectError(.outOfRange) {
                for try await _ in client.output(of: process.id, from: .sequence(4), follow: false) {}
            }
        }
    }

    @Test(arguments: [
        ("odd-gap", SandfleetError.Code.invalidResponse), ("odd-garbage", .invalidResponse),
        ("odd-truncated", .outputTruncated), ("odd-refused", .forbidden),
    ])
    func whatCannotBeMendedIsThrown(oddity: String, code: SandfleetError.Code) async throws {
        try await withSandbox { client, sandbox, _ in
            let process = try await client.startProcess(.shell(oddity), in: sandbox)
            let error = await expectError(code) { for try await _ in client.output(of: process.id) {} }
            if code == .outputTruncated { #expect(error?.details["status"] == "killed") }
        }
    }

    @Test func whatIsGoneSaysSo() async throws {
        try await withSandbox { client, sandbox, server in
            let process = try await client.runCommand(.shell("echo x"), in: sandbox).processId
            try await server.expire(process)
            let error = await expectError(.outputExpired) { for try await _ in client.output(of: process) {} }
            #expect(error?.status == 410)
        }
    }

    @Test func whatIsLostOrCannotBeStartedEndsWithAnError() async throws {
        try await withSandbox { client, sandbox, _ in
            let lost = try await client.startProcess(.shell("odd-lost"), in: sandbox)
            let end = try #require(try await Gathered(client.output(of: lost.id)).exit)
            #expect(end.status == .lost && end.reason == "sandbox_stopped" && end.message == "The sandbox was stopped.")
            let missing = try await client.startProcess(.program("no-such-program"), in: sandbox)
            #expect(missing.status == .failed)
            let failed = try await Gathered(client.output(of: missing.id))
            #expect(failed.exit?.status == .failed && failed.exit?.reason == "command_not_found")
            #expect(failed.types == [.error])
        }
    }

    @Test func aSilentProcessIsNotASilentConnection() async throws {
        try await withSandbox { client, sandbox, server in
            let configuration = SandfleetClient.Configuration(silenceLimit: .seconds(2))
            let client = try SandfleetClient(
                url: server.url,
                apiKey: ContractServer.key,
                configuration: configuration
            )
            try await server.sendHeartbeats(every: 0.05)
            let process = try await client.startProcess(.shell("sleep 4; echo late"), in: sandbox)
            let output = try await Gathered(client.output(of: process.id))
            #expect(String(buffer: output.stdout) == "late\n")
        }
    }

    /// A reader that waits leaves the rest with the server: what is under way fits into buffers.
    @Test func aSlowReaderSlowsTheConnection() async throws {
        try await withSandbox { client, sandbox, server in
            let size = 60_000_000
            let command = Command.shell("head -c \(size) /dev/zero | tr '\\0' x")
            let process = try await client.startProcess(command, in: sandbox)
            _ = try await client.waitForProcess(process.id)
            var iterator = client.output(of: process.id).makeAsyncIterator()
            var read = 0
            while read == 0 { read += try await iterator.next()?.bytes?.readableBytes ?? 0 }
            var sent = -1
            var steady = 0
            while steady < 20 {
                let now = try await server.bytesSent()
                steady = now == sent ? steady + 1 : 0
                sent = now
            }
            #expect(sent < size / 2)
            while let chunk = try await iterator.next() { read += chunk.bytes?.readableBytes ?? 0 }
            #expect(read == size)
        }
    }
}
