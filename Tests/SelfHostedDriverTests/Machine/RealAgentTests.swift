import Bus
import FleetTesting
import Model
import NIOCore
import ProviderKit
import ServiceHost
import Testing

@testable import SelfHostedDriver

/// The driver against the real agent's core and real keepers.
struct RealAgentTests {
    private struct Fixture: Sendable {
        var driver: SelfHostedDriver
        var machine: RealMachine
        let sandbox = SandboxID.now()

        var creation: BoxCreation {
            BoxCreation(
                tag: BoxTag(fleet: .now(), sandbox: sandbox, box: .now(), epoch: 1),
                spec: SandboxSpec(networkPolicy: .full, agent: machine.id),
                environment: ["GREETING": "hello"]
            )
        }
    }

    private func withMachine(_ body: (Fixture, any Box) async throws -> Void) async throws {
        try await withTemporaryDirectory { folder in
            try await withNATS(jetStream: false) { nats in
                let machine = try RealMachine(try await AgentFixture.bus(nats, .gateway), folder: folder)
                let driver = try await SelfHostedDriver.start(try await AgentFixture.bus(nats, .worker)) { _ in nil }
                let fixture = Fixture(driver: driver, machine: machine)
                try await machine.start()
                let box = try await driver.create(fixture.creation)
                #expect(box.isFresh)
                do {
                    try await body(fixture, box)
                } catch {
                    try await driver.delete(box.envelope, epoch: 9)
                    throw error
                }
                try await driver.delete(box.envelope, epoch: 9)
                try await machine.kill()
                await driver.shutdown()
            }
        }
    }

    private func command(_ script: String, stdin: BoxCommand.Input = .none) -> BoxCommand {
        BoxCommand(id: ProcessID.now().rawValue, arguments: ["/bin/sh", "-c", script], stdin: stdin, isDurable: true)
    }

    @Test func outputGoesOnByteForByteThroughRunsOfTheAgent() async throws {
        try await withMachine { fixture, box in
            let script = """
                head -c 3000000 /dev/urandom > data
                for part in 0 1 2 3 4 5 6 7 8 9; do
                    dd if=data bs=300000 skip=$part count=1 2>/dev/null
                    sleep 0.1
                done
                exit 7
                """
            let process = try await box.start(command(script))
            async let outcome = follow(process)
            for _ in 0..<3 {
                try await Task.sleep(for: .milliseconds(200))
                try await fixture.machine.kill()
                try await fixture.machine.start()
            }
            let (stdout, exit) = try await outcome
            #expect(exit == ProcessExit(code: 7, signal: nil))
            let reader = try await box.read("data")
            var data: [UInt8] = []
            while let bytes = try await reader.next(limit: 262_144) { data += Array(buffer: bytes) }
            #expect(data.count == 3_000_000)
            #expect(stdout == data)
            await reader.close()
            process.release()
        }
    }

    @Test func inputFilesAndEndsAreTheMachines() async throws {
        try await withMachine { fixture, box in
            let writer = try await box.write("a.txt", mode: 0o640)
            try await writer.write(ByteBuffer(string: "some text"))
            #expect(try await writer.commit().size == 9)
            #expect(try await box.stat("a.txt").mode == 0o640)
            #expect(try await box.list(".", after: nil, limit: 10).entries.map(\.name).contains("a.txt"))
            let cat = try await box.start(command("cat; echo $GREETING", stdin: .open(ByteBuffer(string: "one "))))
            try await cat.write(ByteBuffer(string: "two "))
            try await cat.closeInput()
            let (stdout, exit) = try await follow(cat)
            #expect(String(decoding: stdout, as: UTF8.self) == "one two hello\n")
            #expect(exit?.code == 0)
            let sleeper = try await box.start(command("sleep 100"))
            try await sleeper.kill(grace: .milliseconds(100))
            #expect(try await follow(sleeper).exit?.signal != nil)
            let missing = await failure {
                _ = try await box.start(BoxCommand(id: ProcessID.now().rawValue, arguments: ["/no/such"], isDurable: true))
            }
            #expect(missing?.kind == .startFailed(errno: 2))
            try await box.remove("a.txt", recursive: false)
            let gone = await failure { _ = try await box.stat("a.txt") }
            #expect(gone?.kind == .file(.fileNotFound))
        }
    }

    @Test func aKeeperThatDiesTakesItsProcessesAndTheReasonIsTold() async throws {
        try await withMachine { fixture, box in
            let process = try await box.start(command("sleep 100"))
            async let lost = failure { _ = try await process.next() }
            // It may be gone before it has said that this was started.
            let started = await failure { _ = try await box.start(command("kill -9 $PPID")) }
            #expect(started == nil || started?.kind == .transient)
            #expect(await lost?.kind == .transient)
            await box.waitUntilClosed()
            let again = try await fixture.driver.resume(
                BoxResumption(
                    envelope: box.envelope,
                    sandbox: fixture.sandbox,
                    epoch: 2,
                    spec: SandboxSpec(networkPolicy: .full, agent: fixture.machine.id),
                    environment: [:]
                )
            )
            #expect(again.isFresh)
            #expect(again.lossReason == "keeper_died")
            let attached = await failure { _ = try await again.attach(process.externalID, stdout: 0, stderr: 0) }
            #expect(attached?.kind == .processGone)
        }
    }
}
