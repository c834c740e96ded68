import NIOConcurrencyHelpers
import SandfleetClient

/// A request that did not succeed although everything worked again.
struct Stuck: Error, CustomStringConvertible {
    let description: String
}

/// Calls the fleet through several gateways: whoever gets no answer asks again, elsewhere, under the same name.
struct Callers: Sendable {
    let clients: [SandfleetClient]
    private let findings: Findings
    /// Set once the faults are over: what has not succeeded by then never will.
    private let limit = NIOLockedValueBox<ContinuousClock.Instant?>(nil)

    init(urls: [String], apiKey: String, findings: Findings) throws {
        self.findings = findings
        clients = try urls.map { url in
            try SandfleetClient(
                url: url,
                apiKey: apiKey,
                // Longer than a gateway is ever frozen: what it finds in its socket later was not given up.
                configuration: .init(
                    connectTimeout: .seconds(5),
                    requestTimeout: .seconds(60),
                    silenceLimit: .seconds(45),
                    reconnectLimit: .seconds(3)
                )
            )
        }
    }

    /// From now on there is no reason for anything to fail.
    func faultsAreOver(patience: Duration) {
        limit.withLockedValue { $0 = .now + patience }
    }

    /// Asks until there is an answer that is final.
    ///
    /// - Parameters:
    ///   - abandonAfter: When to give one attempt up without an answer, and ask again: only for what may run late.
    ///   - passing: Codes that will pass here, beside those that always do.
    /// - Throws: ``Stuck``, or the refusal.
    func call<Value: Sendable>(
        _ what: String,
        abandonAfter: Duration? = nil,
        passing: Set<String> = [],
        _ operation: @escaping @Sendable (SandfleetClient) async throws -> Value
    ) async throws -> Value {
        var index = Int.random(in: clients.indices)
        var attempt = 0
        while true {
            let client = clients[index]
            let trouble: String
            do {
                if let value = try await Self.within(abandonAfter, { try await operation(client) }) { return value }
                trouble = "no answer"
                findings.count("given up: \(what.prefix { $0 != " " })")
            } catch let error as SandfleetError where Self.passes(error) || passing.contains(error.code.rawValue) {
                trouble = "\(error)"
                findings.count("refused: \(error.code.rawValue)")
            }
            findings.count("requests repeated")
            if let limit = limit.withLockedValue({ $0 }), ContinuousClock.now > limit {
                throw Stuck(description: "\(what): \(trouble), after \(attempt + 1) attempts")
            }
            index = (index + 1) % clients.count
            attempt += 1
            try await Task.sleep(for: .milliseconds(Int.random(in: 50...min(2000, 200 * attempt))))
        }
    }

    private static func passes(_ error: SandfleetError) -> Bool {
        // Whatever was killed has a name; this says that somebody did not expect it.
        if error.code.rawValue == "internal" { return false }
        if ["draining", "moving", "lease_lost", "owned_by_other"].contains(error.code.rawValue) { return true }
        guard let status = error.status else { return error.code != .invalidRequest && error.code != .invalidResponse }
        return status == 429 || (status >= 500 && status != 501 && status != 507)
    }

    private static func within<Value: Sendable>(
        _ limit: Duration?,
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value? {
        guard let limit else { return try await operation() }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                try await Task.sleep(for: limit)
                return nil
            }
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }
}
