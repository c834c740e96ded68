import CurlTransport
import FleetTesting
import Model
import NIOConcurrencyHelpers
import NIOCore
import ProviderHTTP
import ProviderKit
import Testing

/// Credentials that are replaced while a client uses them.
@Suite struct AuthorizationTests {
    private func client(_ fixture: ProviderFixture, _ tokens: NIOLockedValueBox<[String]>) throws -> ProviderClient {
        ProviderClient(
            fixture.client.configuration,
            authorization: AuthorizationSource(.bearer(Secret("first-token"))) { _ in
                tokens.withLockedValue { $0.isEmpty ? nil : .bearer(Secret($0.removeFirst())) }
            },
            transport: try HTTPTransport(),
            logger: fixture.log.logger
        )
    }

    @Test func whatIsRefusedIsLookedUpOnceMore() async throws {
        try await ProviderFixture.with { fixture in
            let tokens = NIOLockedValueBox(["second-token"])
            let client = try client(fixture, tokens)
            // Also what may not be done twice: a refusal does nothing.
            for repeatability in [Repeatability.once, .safe] {
                let call = ProviderCall("use", "POST", "/guarded/second-token", repeatability: repeatability)
                _ = try await client.send(call)
            }
            // One refusal, and two that were let in.
            let count = try await fixture.count("guarded")
            #expect(count == 3)
            #expect(fixture.log.text.contains("credentials were refused, others are tried"))
        }
    }

    @Test func whatIsRefusedAgainIsToldWithoutAnySecret() async throws {
        try await ProviderFixture.with { fixture in
            let tokens = NIOLockedValueBox(["second-token", "third-token"])
            let client = try client(fixture, tokens)
            let call = ProviderCall("use", "GET", "/guarded/other", repeatability: .safe)
            let error = await #expect(throws: DriverError.self) { _ = try await client.send(call) }
            #expect(error?.kind == .unauthorized)
            // One look for each call.
            let count = try await fixture.count("guarded")
            #expect(count == 2)
            #expect(tokens.withLockedValue { $0 } == ["third-token"])
            for secret in ["first-token", "second-token"] {
                #expect(error.map { !$0.message.contains(secret) } == true)
                #expect(!fixture.log.text.contains(secret))
            }
        }
    }

    @Test func theSameAgainIsNotTried() async throws {
        try await ProviderFixture.with { fixture in
            let tokens = NIOLockedValueBox(["first-token"])
            let call = ProviderCall("use", "GET", "/guarded/other", repeatability: .safe)
            let client = try client(fixture, tokens)
            await #expect(throws: DriverError.self) { _ = try await client.send(call) }
            let count = try await fixture.count("guarded")
            #expect(count == 1)
        }
    }

    @Test func whatWasStreamedIsNotSentAgain() async throws {
        try await ProviderFixture.with { fixture in
            let client = try client(fixture, NIOLockedValueBox(["second-token"]))
            let upload = HTTPTransportUpload(length: 4) { write in try await write(ByteBuffer(string: "once")) }
            let call = ProviderCall(
                "upload",
                "POST",
                "/guarded/second-token",
                body: .stream(upload, type: "text/plain"),
                repeatability: .once
            )
            let error = await #expect(throws: DriverError.self) { _ = try await client.send(call) }
            #expect(error?.kind == .unauthorized)
        }
    }
}
