import DriverTesting
import FleetTesting
import ProviderKit
import Testing

@testable import SpritesDriver

/// What the provider is asked for: each call is a round trip, but for those side by side.
@Suite struct CallTests {
    @Test func aCreateAndACommandMakeNoNeedlessCalls() async throws {
        try await SpritesFixture.withBoxes { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            let sprite = "/v1/sprites/*"
            let calls = try await fixture.emulator.requests().map(\.shape)
            #expect(calls.first == "POST /v1/sprites")
            #expect(
                calls.sorted() == [
                    // One that prepares the sprite and starts the daemon, one that is the channel.
                    "GET \(sprite)/exec", "GET \(sprite)/exec", "POST /v1/sprites", "POST \(sprite)/policy/network",
                    // The workspace, where only the provider may make it, and the daemon.
                    "PUT \(sprite)/fs/write", "PUT \(sprite)/fs/write",
                ]
            )
            try await fixture.emulator.clearRequests()
            for _ in 0..<3 { #expect(try await box.shell("echo here") == "here\n") }
            #expect(try await fixture.emulator.requests().isEmpty)
            await box.detach()
            let again = try await fixture.resume(box.envelope, of: creation, epoch: 1)
            #expect(
                try await fixture.emulator.requests().map(\.shape)
                    == ["GET \(sprite)", "GET \(sprite)/exec", "GET \(sprite)/exec"]
            )
            await again.detach()
        }
    }
}
