import CurlTransport
import FleetTesting
import NIOCore
import ProviderHTTP
import ProviderKit
import Testing

/// Searches everything that a failing client prints for what it must not hold.
@Suite
struct SecrecyTests {
    @Test(arguments: [400, 401, 403, 404, 409, 429, 500, 503])
    func aCarelessProviderIsNotQuoted(status: Int) async throws {
        try await ProviderFixture.with { fixture in
            let call = ProviderCall(
                "make it",
                "POST",
                "/leak/\(status)",
                body: .json(["token": ProviderFixture.token]),
                repeatability: .safe
            )
            let error = await #expect(throws: DriverError.self) { try await fixture.client.send(call) }
            var text = fixture.log.text + "\(String(describing: error))"
            dump(error, to: &text)
            #expect(text.contains("<secret>"))
            #expect(!text.contains(ProviderFixture.token), "\(text)")
        }
    }

    @Test func nothingThatHoldsASecretPrintsIt() async throws {
        try await ProviderFixture.with { fixture in
            var text = "\(fixture.client) \(fixture.client.configuration)"
            dump(fixture.client, to: &text)
            debugPrint(fixture.client.configuration, to: &text)
            #expect(!text.contains(ProviderFixture.token), "\(text)")
        }
        try await ProviderFixture.with(baseURL: "http://127.0.0.1:1") { fixture in
            let call = ProviderCall("make it", "POST", "/x", body: .json(["t": ProviderFixture.token]), repeatability: .once)
            let error = await #expect(throws: DriverError.self) { try await fixture.client.send(call) }
            let text = fixture.log.text + "\(String(reflecting: error))"
            #expect(!text.contains(ProviderFixture.token), "\(text)")
        }
    }
}
