import ContractServer
import FoundationEssentials
import NIOCore
import SandfleetClient
import Testing

@Suite(.timeLimit(.minutes(3))) struct ProcessTests {
    @Test func aProcesssLife() async throws {
        try await withSandbox { client, sandbox, server in
            var command = Command.program("sleep", ["100"])
            command.kind = .devServer
            command.metadata = ["owner": "a"]
            command.timeout = .seconds(600)
            command.outputLimit = 1_000_000
            command.isKilledAtOutputLimit = true
            command.webhook = Webhook(url: "https://example.org/hook", secret: "s")
            let started = try await client.startProcess(command, in: sandbox)
            #expect(started.isRunning && started.exit == nil && started.sandboxId == sandbox)
            #expect(started.kind == .devServer && started.mode == .background && started.args == ["100"])
            #expect(started.metadata == ["owner": "a"] && started.timeoutMs == 600_000 && !started.pty)
            #expect(started.startedAt != nil && started.exitedAt == nil && started.outputState == .ok)
            let body = try #require(try await server.starts().first)
            #expect(body["webhook"] as? [String: String] == ["url": "https://example.org/hook", "secret": "s"])
            #expect(body["outputLimitBytes"] as? Int == 1_000_000 && body["onOutputLimit"] as? String == "kill")
            #expect((body["operationId"] as? String)?.isEmpty == false)

            // Its time is up while the process runs on.
            #expect(try await client.waitForProcess(started.id, for: .milliseconds(1)).isRunning)
            async let waiting = client.waitForProcess(started.id)
            try await client.signal("SIGUSR1", started.id)
            let ended = try await waiting
            #expect(ended.status == .killed && ended.signal == "USR1" && ended.reason == "signal")
            #expect(ended.exit?.signalNumber == 10 && ended.exitedAt != nil)
            #expect(try await client.process(started.id) == ended)
            #expect(try await client.waitForProcess(started.id) == ended)
            #expect(try await client.cancelProcess(started.id).status == .killed)
            let late = await expectError(.processEnded) { try await client.signal("TERM", started.id) }
            #expect(late?.details["status"] == "killed" && late?.status == 409)
        }
    }

    @Test func cancelEndsWhatWillNotEnd() async throws {
        try await withSandbox { client, sandbox, _ in
            let command = Command.shell("trap '' TERM; echo ready; while :; do sleep 0.1; done")
            let process = try await client.startProcess(command, in: sandbox)
            for try await chunk in client.output(of: process.id) where chunk.type == .stdout { break }
            let ended = try await client.cancelProcess(process.id, grace: .milliseconds(50))
            #expect(ended.status == .killed && ended.reason == "cancelled" && ended.signal == "KILL")
        }
    }

    @Test func listsWithFilters() async throws {
        try await withSandbox { client, sandbox, _ in
            var service = Command.shell("sleep 100")
            service.kind = .service
            let first = try await client.startProcess(service, in: sandbox)
            var done: [String] = []
            for _ in 0..<3 { done.append(try await client.runCommand(.shell("true"), in: sandbox).processId) }
            func ids(_ pages: Pages<SandboxProcess>) async throws -> [String] {
                var ids: [String] = []
                for try await process in pages { ids.append(process.id) }
                return ids
            }
            #expect(try await ids(client.processes(of: sandbox)) == done.reversed() + [first.id])
            #expect(try await ids(client.processes(of: sandbox, status: .running)) == [first.id])
            #expect(try await ids(client.processes(of: sandbox, kind: .command)) == done.reversed())
            #expect(try await client.listProcesses(of: sandbox, limit: 2).nextCursor != nil)
            await expectError(.sandboxNotFound) { _ = try await ids(client.processes(of: "none")) }
        }
    }

    @Test func whatIsNotThereOrNotPossible() async throws {
        try await withSandbox { client, sandbox, _ in
            await expectError(.processNotFound) { _ = try await client.process("none") }
            await expectError(.processNotFound) { _ = try await client.waitForProcess("none") }
            await expectError(.processNotFound) { try await client.cancelProcess("none") }
            await expectError(.processNotFound) { try await client.writeStdin(ByteBuffer(string: "x"), to: "none") }
            await expectError(.processNotFound) { for try await _ in client.output(of: "none") {} }
            let process = try await client.startProcess(.shell("sleep 100"), in: sandbox)
            let signal = await expectError(.init(rawValue: "invalid_request")) {
                try await client.signal("NOPE", process.id)
            }
            #expect(signal?.message.contains("HUP, INT") ?? false)
            await expectError(.operationConflict) {
                try await client.resizeTerminal(of: process.id, to: TerminalSize(rows: 1, columns: 1))
            }
            _ = try await client.startProcess(.shell("true"), in: sandbox, operationId: "same")
            await expectError(.operationConflict) {
                _ = try await client.startProcess(.shell("false"), in: sandbox, operationId: "same")
            }
        }
        let nobody = try SandfleetClient(url: "http://127.0.0.1:1", apiKey: "")
        await expectError(.unreachable) { _ = try await nobody.startProcess(.shell("true"), in: "x") }
        await expectError(.unreachable) { _ = try await nobody.waitForProcess("x") }
        await expectError(.unreachable) { for try await _ in nobody.output(of: "x") {} }
    }

    @Test func aTerminalHasItsSize() async throws {
        try await withSandbox { client, sandbox, _ in
            let command = Command.shell("stty size; read line; stty size; echo \"$line\"")
            let size = TerminalSize(rows: 31, columns: 77)
            let process = try await client.startProcess(command, in: sandbox, terminal: size)
            #expect(process.pty)
            var shown = ""
            for try await chunk in client.output(of: process.id) {
                #expect(chunk.type != .stderr)
                let before = shown.contains("31 77")
                shown += chunk.text ?? ""
                guard !before, shown.contains("31 77") else { continue }
                try await client.resizeTerminal(of: process.id, to: TerminalSize(rows: 32, columns: 78))
                try await client.writeStdin(ByteBuffer(string: "typed\n"), to: process.id)
            }
            #expect(shown.contains("32 78") && shown.hasSuffix("typed\r\n"))
        }
    }

    /// Each answer to the start is lost at some byte, or the request before it is carried out.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func aStartThatIsRepeatedStartsOnce(seed: UInt64) async throws {
        try await withSandbox { client, sandbox, server in
            try await server.cut(seed: seed, count: 8, reach: 700, routes: ["processes", "observed"])
            for number in 1...3 {
                let process = try await client.startProcess(.shell("echo \(number) >> log"), in: sandbox)
                #expect(try await client.waitForProcess(process.id).exit?.isSuccess == true)
            }
            _ = try await client.recordProcess(ObservedProcess(command: "theirs"), in: sandbox)
            #expect(try await client.content(of: "/log", in: sandbox) == ByteBuffer(string: "1\n2\n3\n"), "seed \(seed)")
            #expect(try await server.starts().count == 4)
        }
    }

    @Test func waitingGoesOnOverARestart() async throws {
        try await withSandbox { client, sandbox, server in
            let command = Command.shell("until [ -e go ]; do sleep 0.01; done; exit 5")
            let process = try await client.startProcess(command, in: sandbox)
            async let waiting = client.waitForProcess(process.id)
            // Asked for before the restart: the answer that it waits for is broken off.
            while try await !server.requests().contains(where: { $0.contains("/wait") }) {}
            try await server.restart(pause: 0.3)
            while true {
                do {
                    _ = try await client.upload(.bytes(ByteBuffer()), to: "/go", in: sandbox)
                    break
                } catch let error as SandfleetError where [.unreachable, .interrupted].contains(error.code) {}
            }
            #expect(try await waiting.exitCode == 5)
        }
    }
}
