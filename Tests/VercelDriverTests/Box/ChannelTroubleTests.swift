import BoxSession
import FleetTesting
import Model
import NIOCore
import ProviderKit
import Testing
import VercelDriver

/// What goes wrong between a driver and the relay, and is not seen behind it.
@Suite(.serialized) struct ChannelTroubleTests {
    private func withBox(_ body: (VercelFixture, any Box) async throws -> Void) async throws {
        let program = try DaemonProgram.load(path: try Products.path("boxd"))
        try await VercelFixture.with(opener: try DaemonOpener(program)) { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            try await body(fixture, box)
            await box.detach()
        }
    }

    @Test func aLogThatBreaksIsReadOnFromWhereItBroke() async throws {
        let program = try DaemonProgram.load(path: try Products.path("boxd"))
        try await VercelFixture.with(opener: try DaemonOpener(program)) { fixture in
            // Each connection to the log breaks a little later than the one before.
            for bytes in [40, 90, 3000, 70_000, 200_000] {
                try await fixture.emulator.inject(EmulatorFault(.cut(bytes: bytes), "GET", "*/logs"))
            }
            let box = try await fixture.driver.create(fixture.creation())
            let bytes = randomBytes(400_000, seed: 3)
            let writer = try await box.write("/workspace/data", mode: nil)
            try await writer.write(bytes)
            _ = try await writer.commit()
            #expect(try await box.contents("/workspace/data") == bytes)
            #expect(try await fixture.emulator.faults().allSatisfy { $0.applied == 1 })
            await box.detach()
        }
    }

    @Test func aStreamThatVercelClosesIsAskedForAgain() async throws {
        try await withBox { fixture, box in
            let process = try await box.start(.script("echo one; while [ ! -e go ]; do sleep 0.05; done; echo two"))
            async let result = process.result()
            try await fixture.emulator.control("POST", "streams/close")
            _ = try await box.text("touch go")
            #expect(try await String(buffer: result.output) == "one\ntwo\n")
            #expect(try await fixture.emulator.count("GET", "/logs") >= 2)
        }
    }

    @Test(arguments: [EmulatorFault.Kind.lostAnswer, .refused, .status(503), .rateLimited(retryAfter: 0)])
    func inputIsWrittenOnce(kind: EmulatorFault.Kind) async throws {
        try await withBox { fixture, box in
            try await fixture.emulator.inject(EmulatorFault(kind, "POST", "*/stdin", count: 1))
            try await fixture.emulator.inject(EmulatorFault(kind, "POST", "*/stdin", count: 1, skip: 2))
            let bytes = randomBytes(500_000, seed: 4)
            let writer = try await box.write("/workspace/data", mode: nil)
            try await writer.write(bytes)
            _ = try await writer.commit()
            #expect(try await box.contents("/workspace/data") == bytes)
        }
    }
}
