import BoxClient
import BoxSession
import FleetTesting
import Model
import NIOCore
import ProviderKit
import Testing
import VercelDriver

/// Logs whose connection stays open and brings nothing.
@Suite(.serialized) struct SilenceTests {
    private func withFixture(
        _ liveness: BoxLiveness = BoxLiveness(
            quiet: .milliseconds(300),
            renewal: .milliseconds(300),
            patience: .seconds(20)
        ),
        _ body: (VercelFixture) async throws -> Void
    ) async throws {
        let program = try DaemonProgram.load(path: try Products.path("boxd"))
        try await VercelFixture.with(opener: try DaemonOpener(program, liveness: liveness), body)
    }

    @Test func aLogThatFallsSilentIsAskedForAgainAndNothingIsLost() async throws {
        try await withFixture { fixture in
            for bytes in [3_000, 90_000] {
                try await fixture.emulator.inject(EmulatorFault(.stalled(bytes: bytes), "GET", "*/logs"))
            }
            let box = try await fixture.driver.create(fixture.creation())
            // What is not durable would end with the connection.
            let process = try await box.start(.script("head -c 300000 /dev/zero; exit 5"))
            let (output, exit) = try await process.result()
            #expect(output.readableBytes == 300_000)
            #expect(exit.code == 5)
            #expect(try await fixture.emulator.faults().allSatisfy { $0.applied == 1 })
            await box.detach()
        }
    }

    @Test func aLogThatStaysSilentEndsTheConnectionAndTheNextOneGoesOn() async throws {
        let short = BoxLiveness(quiet: .milliseconds(300), renewal: .milliseconds(300), patience: .milliseconds(700))
        try await withFixture(short) { fixture in
            // The first log is whole until the fault comes; all others bring nothing.
            let box = try await fixture.driver.create(fixture.creation())
            let script = "echo before; while [ ! -e go ]; do sleep 0.05; done; echo after"
            let process = try await box.start(.script(script, id: "durable", isDurable: true))
            guard case .stdout? = try await process.next() else { throw FixtureError("no output") }
            try await fixture.emulator.inject(EmulatorFault(.stalled(bytes: 0), "GET", "*/logs", count: nil))
            try await fixture.emulator.control("POST", "streams/close")
            let error = await #expect(throws: DriverError.self) { try await process.next() }
            #expect(error?.kind == .transient)
            await box.waitUntilClosed()
            try await fixture.emulator.clearFaults()
            let next = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            #expect(!next.isFresh)
            _ = try await next.text("touch go")
            let (output, _) = try await next.attach("durable", stdout: 0, stderr: 0).result()
            #expect(String(buffer: output) == "before\nafter\n")
            await next.detach()
        }
    }

    @Test func whereNobodyWaitsNobodyIsAsked() async throws {
        let eager = BoxLiveness(quiet: .milliseconds(20), renewal: .seconds(10), patience: .seconds(10))
        try await withFixture(eager) { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            #expect(try await box.text("echo on") == "on\n")
            // What was on its way arrives; then nothing is asked for many times what silence would take.
            try await eventually("it is left alone") {
                let before = try await fixture.emulator.count("POST", "/stdin")
                try await Task.sleep(for: .milliseconds(600))
                return try await fixture.emulator.count("POST", "/stdin") == before
            }
            let asked = try await fixture.emulator.count("POST", "/stdin")
            // While somebody follows a process, it is.
            let process = try await box.start(.script("sleep 1000"))
            try await eventually("it was asked") { try await fixture.emulator.count("POST", "/stdin") > asked + 3 }
            try await process.kill(grace: .zero)
            await box.detach()
        }
    }
}
