package import Model
import PostgresClient

/// Why the store could not answer.
///
/// Expected outcomes are return values; these are the troubles.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// Not reached, or no connection in time: nothing was done.
        case unavailable
        /// The connection broke in mid-statement: a write may or may not have happened.
        case outcomeUnknown
        /// A value cannot be stored as it is.
        case invalid
        /// The database refused what the code believed right, or a row did not decode.
        case `internal`
    }

    package var code: Code
    package var message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { "\(code): \(message)" }

    /// What a caller of the fleet is told.
    package var fault: Fault {
        switch code {
        case .unavailable:
            Fault(.storeUnavailable, "The database cannot be reached.", hint: "Try again shortly.", retryAfter: 2)
        case .outcomeUnknown:
            Fault(
                .outcomeUnknown,
                "The connection to the database broke before it answered.",
                hint: "Read the resource, or repeat the request with the same Idempotency-Key.",
                retryAfter: 2
            )
        case .invalid:
            Fault(.invalidRequest, "A text holds what cannot be stored, such as a NUL byte.")
        case .internal:
            Fault(.internal, "The store failed.")
        }
    }

    init(_ error: PostgresError) {
        switch error.code {
        case .connectionFailed, .poolTimeout, .closed: self.init(.unavailable, error.description)
        case .connectionLost: self.init(.outcomeUnknown, error.description)
        case .server(let state) where Self.mayPass(state): self.init(.unavailable, error.description)
        // A text with a NUL byte, which neither text nor jsonb holds.
        case .encode, .server("22P05"), .server("22021"): self.init(.invalid, error.description)
        case .server, .decode: self.init(.internal, error.description)
        }
    }

    /// Whether the server refused for now, and did nothing: it is starting, stopping, full or a standby, the statement was
    /// cancelled, or lost to another transaction.
    private static func mayPass(_ state: String) -> Bool {
        state.hasPrefix("57") || state.hasPrefix("53") || ["40001", "40P01", "25006", "55P03"].contains(state)
    }

    /// How long a caller waits for the database at the most.
    static let patience = Duration.seconds(15)

    static func translating<Value: Sendable>(
        within limit: Duration = patience,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        do {
            return try await bounded(by: limit, body)
        } catch let error as PostgresError {
            throw StoreError(error)
        }
    }
}
