import BoxSession
import FleetTesting
import ProviderKit
import Testing

@testable import VercelDriver

/// What the provider is asked for: each call is a round trip.
@Suite struct CallTests {
    @Test func aCreateAndACommandMakeNoNeedlessCalls() async throws {
        let program = try DaemonProgram.load(path: try Products.path("boxd"))
        try await VercelFixture.with(opener: try DaemonOpener(program)) { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let session = "/v2/sandboxes/sessions/*"
            // It is looked at until its session runs.
            let calls = try await fixture.emulator.requests().map(\.shape).filter { $0 != "GET /v2/sandboxes/*" }
            #expect(
                calls == [
                    "POST /v3/sandboxes", "POST \(session)/fs/write", "POST \(session)/cmd", "POST \(session)/cmd",
                    "GET \(session)/cmd/*/logs", "POST \(session)/cmd/*/stdin",
                ]
            )
            try await fixture.emulator.clearRequests()
            // That the box may forget one goes with the next.
            for _ in 0..<3 { #expect(try await box.run("true").exit.code == 0) }
            let commands = try await fixture.emulator.requests().map(\.shape)
            #expect(
                commands
                    == [String](repeating: "POST \(session)/cmd/*/stdin", count: 3)
            )
            await box.detach()
        }
    }
}
