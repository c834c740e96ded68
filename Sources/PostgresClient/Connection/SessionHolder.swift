import NIOConcurrencyHelpers

/// A session, or none once it is closed, in the hands of one thread at a time.
///
/// Sendable because the session is reached only under the lock; libpq allows any thread, one at a time. A statement that
/// blocks holds the lock meanwhile: whoever has a connection to itself never waits for it.
final class SessionHolder: @unchecked Sendable {
    private let lock = NIOLock()
    private var session: ServerSession?

    init(_ session: sending ServerSession) {
        self.session = session
    }

    func withSession<Value>(_ body: (ServerSession) throws(PostgresError) -> Value) throws(PostgresError) -> Value {
        lock.lock()
        defer { lock.unlock() }
        guard let session else { throw PostgresError(.closed, "the connection is closed") }
        return try body(session)
    }

    func close() {
        let session = lock.withLock {
            defer { self.session = nil }
            return self.session
        }
        // Its end, a farewell to the server, is not said under the lock.
        _ = consume session
    }
}
