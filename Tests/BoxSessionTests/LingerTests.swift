import BoxSession
import FleetTesting
import NIOConcurrencyHelpers
import NIOCore
import ProviderKit
import Testing

/// Where each write costs a request, what nobody waits for goes with the next.
@Suite struct LingerTests {
    private final class CountedChannel: ByteChannel {
        private let channel: ProcessChannel
        private let count = NIOLockedValueBox(0)

        init(_ channel: ProcessChannel) { self.channel = channel }

        var writes: Int { count.withLockedValue { $0 } }

        func read() async throws(DriverError) -> ByteBuffer? { try await channel.read() }

        func write(_ bytes: ByteBuffer) async throws(DriverError) {
            count.withLockedValue { $0 += 1 }
            try await channel.write(bytes)
        }

        func close() async { await channel.close() }
    }

    @Test func aReleaseGoesWithTheNextCommand() async throws {
        try await RelayFixture.with { fixture in
            let channel = CountedChannel(try fixture.relay())
            let box = try await fixture.connect(channel, linger: .seconds(600))
            let hello = channel.writes
            for code in 1...3 { #expect(try await box.run("exit \(code)").exit.code == Int32(code)) }
            #expect(channel.writes == hello + 3)
            let durable = try await box.start(.script("exit 4", isDurable: true))
            #expect(try await durable.result().exit.code == 4)
            #expect(try await box.processes().count == 1)
            durable.release()
            #expect(try await box.processes().isEmpty)
            #expect(channel.writes == hello + 6)
            await box.detach()
        }
    }

    @Test func aReleaseGoesAloneWhenNothingComes() async throws {
        try await RelayFixture.with { fixture in
            let channel = CountedChannel(try fixture.relay())
            let box = try await fixture.connect(channel, linger: .milliseconds(20))
            let hello = channel.writes
            let durable = try await box.start(.script("true", isDurable: true))
            _ = try await durable.result()
            durable.release()
            try await eventually("it was told") { channel.writes == hello + 2 }
            #expect(try await box.processes().isEmpty)
            #expect(channel.writes == hello + 3)
            await box.detach()
        }
    }
}
