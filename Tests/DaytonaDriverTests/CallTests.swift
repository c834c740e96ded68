import DriverTesting
import FleetTesting
import ProviderKit
import Testing

@testable import DaytonaDriver

/// What the provider is asked for: each call is a round trip, but for those side by side.
@Suite struct CallTests {
    @Test func aCreateAndACommandMakeNoNeedlessCalls() async throws {
        try await DaytonaFixture.withBoxes { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            let toolbox = "/toolbox/*"
            // It is looked at until it runs.
            let calls = try await fixture.emulator.requests().map(\.shape).filter { $0 != "GET /api/sandbox/*" }
            #expect(calls.first == "POST /api/sandbox")
            #expect(
                calls.sorted() == [
                    "GET \(toolbox)/process/pty/create-connect", "POST /api/sandbox",
                    "POST \(toolbox)/files/bulk-upload",
                    // The workspace, where only the provider may make it.
                    "POST \(toolbox)/files/folder",
                    // Prepares the box and starts the daemon.
                    "POST \(toolbox)/process/execute",
                ]
            )
            try await fixture.emulator.clearRequests()
            for _ in 0..<3 { #expect(try await box.shell("echo here") == "here\n") }
            #expect(try await fixture.emulator.requests().isEmpty)
            let again = try await fixture.resume(box.envelope, of: creation, epoch: 1)
            let next = try await fixture.emulator.requests().map(\.shape).filter { !$0.hasPrefix("DELETE") }
            #expect(
                next.sorted() == [
                    "GET /api/sandbox/*", "GET \(toolbox)/process/pty", "GET \(toolbox)/process/pty/create-connect",
                    "POST \(toolbox)/process/execute",
                ]
            )
            await again.detach()
        }
    }

    /// The provider lets a program of its own make what the box's user may not, and the user become root, or neither.
    @Test func aBoxThatIsHalfMadeIsFinished() async throws {
        try await DaytonaFixture.withBoxes { fixture in
            let creation = fixture.creation()
            // The executable is there, and nothing else: its name is not yet what it is to be.
            try await fixture.emulator.inject(EmulatorFault(.status(400), "*", "*/process/execute"))
            try await expect(.transient) { _ = try await fixture.driver.create(creation) }
            let box = try await fixture.driver.create(creation)
            #expect(try await box.shell("pwd; touch file && ls") == "/workspace\nfile\n")
            await box.detach()
        }
    }
}
