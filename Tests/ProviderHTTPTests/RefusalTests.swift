import FleetTesting
import ProviderHTTP
import ProviderKit
import Testing

@Suite struct RefusalTests {
    @Test func theWordsOfARefusalAreNotWaitedForLong() async throws {
        try await ProviderFixture.with { fixture in
            let call = ProviderCall("drip", "GET", "/drip/403", repeatability: .safe, deadline: .milliseconds(500))
            let start = ContinuousClock.now
            let error = await #expect(throws: DriverError.self) { _ = try await fixture.client.stream(call) }
            #expect(error?.kind == .unauthorized)
            #expect(ContinuousClock.now - start < .seconds(30))
        }
    }

    @Test func aHandshakeThatIsNoneMayHaveDoneSomething() async throws {
        try await ProviderFixture.with { fixture in
            let once = ProviderCall("open", "GET", "/impostor/once", repeatability: .once)
            let unknown = await #expect(throws: DriverError.self) { _ = try await fixture.client.webSocket(once) }
            #expect(unknown?.kind == .timeout)
            let opened = try await fixture.count("once")
            #expect(opened == 1)
            let safe = ProviderCall("open", "GET", "/impostor/safe", repeatability: .safe)
            let failure = await #expect(throws: DriverError.self) { _ = try await fixture.client.webSocket(safe) }
            #expect(failure?.kind == .transient)
            let repeated = try await fixture.count("safe")
            #expect(repeated == 3)
        }
    }
}
