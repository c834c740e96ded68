import CurlTransport
import FleetTesting
import Foundation
import Model
import ProviderHTTP
import ProviderKit

/// A client of `provider.py`, and everything that it has logged.
struct ProviderFixture {
    static let token = "very-secret-token"
    static let binding = Binding(account: "team_1", project: "prj_1")

    let client: ProviderClient
    let base: String
    let log: LogRecorder

    static func with(
        baseURL: String? = nil,
        policy: RetryPolicy = RetryPolicy(firstPause: .milliseconds(4)),
        budget: RetryBudget = RetryBudget(capacity: 100),
        answerLimit: Int = 1 << 20,
        _ body: (ProviderFixture) async throws -> Void
    ) async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "provider.py").path
        try await withServer("/usr/bin/env", ["python3", script]) { port in
            let base = baseURL ?? "http://127.0.0.1:\(port)"
            let log = LogRecorder()
            let configuration = ProviderClientConfiguration(
                provider: "Example",
                baseURL: base + "/",
                binding: binding,
                authorization: .bearer(Secret(token)),
                headers: ["User-Agent": "sandfleet", "X-Common": "one"],
                query: [("teamId", "team_1")],
                idempotencyHeader: "Idempotency-Key",
                policy: policy,
                budget: budget,
                answerLimit: answerLimit
            )
            let client = ProviderClient(configuration, transport: try HTTPTransport(), logger: log.logger)
            try await body(ProviderFixture(client: client, base: base, log: log))
        }
    }

    var envelope: Envelope { Self.binding.envelope(provider: "example", box: "sbx_1") }

    /// How often the provider has got such a request.
    func count(_ name: String) async throws -> Int {
        try await client.json(ProviderCall("count", "GET", "/count/\(name)", repeatability: .safe), as: Counted.self).count
    }

    struct Counted: Decodable, Sendable {
        let count: Int
    }
}
