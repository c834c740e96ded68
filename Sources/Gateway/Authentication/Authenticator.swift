import HTTPTypes
import Hummingbird
import Model
import NIOConcurrencyHelpers
package import Store

/// Finds out whose key a request carries.
///
/// A verified key is remembered for a few seconds, so that the hot path asks no database, and a revoked one is refused
/// soon after.
package struct Authenticator: Sendable {
    package static let memory = Duration.seconds(5)
    private static let capacity = 10_000

    private struct Verified {
        var principal: Principal
        var until: ContinuousClock.Instant
    }

    private let lookup: @Sendable ([UInt8]) async throws -> Principal?
    private let verified = NIOLockedValueBox<[[UInt8]: Verified]>([:])

    /// - Parameter lookup: Whose key has this hash.
    package init(lookup: @escaping @Sendable ([UInt8]) async throws -> Principal?) {
        self.lookup = lookup
    }

    /// The context with its principal, when the key may do this.
    func admit(_ request: Request, _ context: GatewayContext, needing scope: Scope) async throws -> GatewayContext {
        let principal = try await principal(of: request)
        guard principal.scope >= scope else {
            throw Fault(
                .forbidden,
                "This needs a key with the scope \(scope.rawValue).",
                hint: "The key in use has the scope \(principal.scope.rawValue).",
                details: ["scope": scope.rawValue]
            )
        }
        return context.admitting(principal)
    }

    /// Forgets a key that was revoked here; other gateways forget it by time.
    func forget(_ key: KeyID) {
        verified.withLockedValue { verified in verified = verified.filter { $0.value.principal.key != key } }
    }

    private func principal(of request: Request) async throws -> Principal {
        guard let secret = Self.secret(in: request.headers), secret.utf8.count <= 512 else {
            throw Fault(
                .unauthenticated,
                "This needs an API key.",
                hint: "Send the header Authorization: Bearer <key>."
            )
        }
        let hash = APIKey.hash(of: secret)
        if let known = verified.withLockedValue({ $0[hash] }), known.until > .now { return known.principal }
        guard let principal = try await lookup(hash) else {
            throw Fault(.unauthenticated, "The API key is not known, or was revoked.")
        }
        verified.withLockedValue { verified in
            if verified.count >= Self.capacity { verified.removeAll(keepingCapacity: true) }
            verified[hash] = Verified(principal: principal, until: .now + Self.memory)
        }
        return principal
    }

    private static func secret(in headers: HTTPFields) -> String? {
        if let header = headers[.authorization] {
            let parts = header.split(separator: " ", omittingEmptySubsequences: true)
            guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
            return String(parts[1])
        }
        return headers[.apiKey]
    }
}
