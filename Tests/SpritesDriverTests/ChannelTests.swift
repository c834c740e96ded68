import DriverTesting
import FleetTesting
import NIOConcurrencyHelpers
import NIOCore
import ProviderHTTP
import ProviderKit
import Testing

@testable import SpritesDriver

@Suite struct ChannelTests {
    @Test func aRelayThatTakesNothingDoesNotHoldUpTheClose() async throws {
        try await SpritesFixture.with { fixture in
            let creation = fixture.creation()
            _ = try await fixture.driver.create(creation)
            let api = fixture.driver.accounts.fleets.api
            let name = SpriteName(fleet: fixture.fleet, box: creation.tag.box)
            let (socket, call) = try await api.exec(["/bin/sleep", "1000"], in: name, hasInput: true)
            let channel = SpriteChannel(socket, call, api)
            let written = NIOLockedValueBox(0)
            let writer = Task {
                while true {
                    try await channel.write(ByteBuffer(repeating: 0, count: 1 << 20))
                    written.withLockedValue { $0 += 1 }
                }
            }
            var before = -1
            try await eventually("nothing more goes") {
                defer { before = written.withLockedValue { $0 } }
                return before > 0 && before == written.withLockedValue { $0 }
            }
            let start = ContinuousClock.now
            await channel.close()
            #expect(ContinuousClock.now - start < .seconds(20))
            await #expect(throws: DriverError.self) { try await writer.value }
            try await fixture.driver.delete(fixture.driver.accounts.fleets.envelope(of: name), epoch: 1)
        }
    }
}
