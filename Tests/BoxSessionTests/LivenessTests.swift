import BoxClient
import BoxSession
import NIOCore
import ProviderKit
import Testing

@Suite struct LivenessTests {
    private static let short = BoxLiveness(
        quiet: .milliseconds(100),
        renewal: .milliseconds(100),
        patience: .milliseconds(300)
    )

    @Test func aChannelThatSpeaksAgainLosesNothing() async throws {
        try await RelayFixture.with { fixture in
            let patient = BoxLiveness(quiet: .milliseconds(100), renewal: .milliseconds(100), patience: .seconds(30))
            let channel = SilentChannel(try fixture.relay(), recovers: true)
            let box = try await fixture.connect(channel, liveness: patient)
            channel.fallSilent()
            let result = try await box.run("echo on; exit 4")
            #expect(result.output == ByteBuffer(string: "on\n") && result.exit.code == 4)
            #expect(channel.renewals >= 1)
            await box.detach()
        }
    }

    @Test func aChannelThatStaysSilentIsClosed() async throws {
        try await RelayFixture.with { fixture in
            let channel = SilentChannel(try fixture.relay(), recovers: false)
            let box = try await fixture.connect(channel, liveness: Self.short)
            channel.fallSilent()
            let error = await #expect(throws: DriverError.self) { _ = try await box.stat("/") }
            #expect(error?.kind == .transient)
            #expect(error?.message.contains("timed out") == true)
            await box.waitUntilClosed()
            #expect(channel.renewals == 1)
            // The daemon has seen nothing of it.
            let next = try await fixture.connect(try fixture.relay(), epoch: 2)
            #expect(!next.isFresh)
            await next.detach()
        }
    }

    /// The provider says of its silence that the box stands still.
    @Test func aBoxThatStandsStillIsWaitedFor() async throws {
        try await RelayFixture.with { fixture in
            let channel = SilentChannel(try fixture.relay(), recovers: false, standingStill: 5)
            let box = try await fixture.connect(channel, liveness: Self.short)
            channel.fallSilent()
            let result = try await box.run("echo on; exit 4")
            #expect(result.output == ByteBuffer(string: "on\n") && result.exit.code == 4)
            #expect(channel.renewals == 0)
            await box.detach()
        }
    }

    @Test func aProcessThatIsSilentIsNoChannelThatIs() async throws {
        try await RelayFixture.with { fixture in
            let channel = SilentChannel(try fixture.relay(), recovers: false)
            let box = try await fixture.connect(channel, liveness: Self.short)
            // Several times what silence would take.
            #expect(try await box.run("sleep 2; exit 6").exit.code == 6)
            #expect(channel.renewals == 0)
            await box.detach()
        }
    }

    @Test func whoeverIsNotWaitedForIsNotMissed() async throws {
        try await RelayFixture.with { fixture in
            let channel = SilentChannel(try fixture.relay(), recovers: true)
            let box = try await fixture.connect(channel, liveness: Self.short)
            channel.fallSilent()
            try await Task.sleep(for: .seconds(1))
            #expect(channel.renewals == 0)
            #expect(try await box.run("exit 3").exit.code == 3)
            await box.detach()
        }
    }
}
