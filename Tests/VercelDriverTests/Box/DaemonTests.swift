import BoxSession
import FleetTesting
import Glibc
import Model
import NIOCore
import ProviderKit
import Testing
import VercelDriver

/// Boxes with their daemon, through the relay and the emulator.
@Suite(.serialized) struct DaemonTests {
    private func with(
        delays: [String: Double] = [:],
        _ body: (VercelFixture) async throws -> Void
    ) async throws {
        let program = try DaemonProgram.load(path: try Products.path("boxd"))
        try await VercelFixture.with(delays: delays, opener: try DaemonOpener(program), body)
    }

    private static let agent = SandboxSpec(purpose: "agent")

    @Test func programsRunAndEndAsTheyDo() async throws {
        try await with { fixture in
            let box = try await fixture.driver.create(fixture.creation(environment: ["KEY": "of the sandbox"]))
            #expect(box.isFresh)
            #expect(try await box.text("pwd; echo $KEY") == "/workspace\nof the sandbox\n")
            #expect(try await box.run("exit 7").exit.code == 7)
            // Vercel itself says 255 to any signal.
            #expect(try await box.run("kill -9 $$").exit.signal == 9)
            let bytes = try await box.run("printf '\\377\\000\\200x'").output
            #expect(bytes == ByteBuffer(bytes: [0xFF, 0, 0x80, 0x78]))
            let error = await #expect(throws: DriverError.self) {
                try await box.start(BoxCommand(id: BoxID.random().rawValue, arguments: ["/no/such/program"]))
            }
            #expect(error?.kind == .startFailed(errno: 2))
            await box.detach()
        }
    }

    @Test func filesGoInAndOutByteForByte() async throws {
        try await with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let bytes = randomBytes(1_500_000)
            let writer = try await box.write("/workspace/data", mode: 0o640)
            try await writer.write(bytes)
            #expect(try await writer.commit().size == UInt64(bytes.readableBytes))
            #expect(try await box.contents("/workspace/data") == bytes)
            #expect(try await box.stat("/workspace/data").mode == 0o640)
            await box.detach()
        }
    }

    @Test func inputIsReadAsItWasWritten() async throws {
        try await with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            var command = BoxCommand.script("cat")
            command.stdin = .open(ByteBuffer())
            let process = try await box.start(command)
            let bytes = randomBytes(300_000, seed: 2)
            async let result = process.result()
            try await process.write(bytes)
            try await process.closeInput()
            #expect(try await result.output == bytes)
            await box.detach()
        }
    }

    @Test func whatIsDurableRunsOnForTheNextOwner() async throws {
        try await with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let id = BoxID.random().rawValue
            _ = try await box.start(
                .script("echo one; while [ ! -e go ]; do sleep 0.05; done; echo two; exit 3", id: id, isDurable: true)
            )
            await box.detach()
            let next = try await fixture.driver.resume(fixture.resumption(of: box.envelope, epoch: 2))
            #expect(!next.isFresh)
            #expect(try await next.processes().map(\.id) == [id])
            _ = try await next.text("touch go")
            let (output, exit) = try await next.attach(id, stdout: 0, stderr: 0).result()
            #expect(String(buffer: output) == "one\ntwo\n")
            #expect(exit.code == 3)
            // Who came before is refused.
            let error = await fixture.failure { try await $0.resume(fixture.resumption(of: box.envelope, epoch: 1)) }
            #expect(error == .conflict)
            await next.detach()
        }
    }

    /// A later version of the daemon comes into boxes that are there.
    @Test(.enabled(if: getuid() == 0, "machines have one user"))
    func aWorkspaceIsItsUsersOnceTheBoxIsMade() async throws {
        try await with { fixture in
            let box = try await fixture.driver.create(fixture.creation(Self.agent))
            #expect(try await box.text("stat -c '%u %a' /workspace") == "1000 755\n")
            let session = try #require(box.envelope.sessionState.providerState["sessionId"])
            try await fixture.run("chown 0:1000 /workspace; chmod 2770 /workspace", in: session, asRoot: true)
            try await fixture.run("rm /opt/sandfleet/boxd-*", in: session, asRoot: true)
            await box.detach()
            let again = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            #expect(try await again.text("stat -c '%u:%g %a' /workspace") == "0:1000 2770\n")
            await again.detach()
        }
    }

    @Test func aSnapshotEndsWhatRunsAndKeepsTheFiles() async throws {
        try await with { fixture in
            let box = try await fixture.driver.create(fixture.creation(Self.agent))
            _ = try await box.text("echo kept > file")
            _ = try await box.start(.script("sleep 1000", isDurable: true))
            let reference = try await fixture.driver.capture(fixture.capture(of: box.envelope))
            await box.waitUntilClosed()
            let next = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            #expect(next.isFresh)
            #expect(try await next.processes().isEmpty)
            #expect(try await next.text("cat file") == "kept\n")
            // A copy has a daemon of its own: the fence of its origin is not its own.
            var creation = fixture.creation(source: reference)
            creation.tag.sandbox = .random()
            let copy = try await fixture.driver.create(creation)
            #expect(copy.isFresh)
            #expect(try await copy.text("cat file") == "kept\n")
            await copy.detach()
            await next.detach()
        }
    }

    @Test func aSessionThatIsTakenAwayClosesTheBox() async throws {
        try await with { fixture in
            let box = try await fixture.driver.create(fixture.creation(Self.agent))
            _ = try await box.text("echo kept > file")
            try await fixture.driver.stop(box.envelope, epoch: 1)
            await box.waitUntilClosed()
            let second = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            #expect(second.isFresh)
            let session = try #require(second.envelope.sessionState.providerState["sessionId"])
            try await fixture.emulator.inject(EmulatorFault(.reaped, "GET", "*/sessions/\(session)"))
            try await fixture.ask("GET", "/v2/sandboxes/sessions/\(session)")
            await second.waitUntilClosed()
            let third = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            #expect(third.isFresh)
            #expect(try await third.text("cat file") == "kept\n")
            await third.detach()
        }
    }
}
