import CPostgres

/// Owns one `PGcancel`.
///
/// Sendable because libpq documents `PQcancel` as safe in any thread: it reads only this object, never the connection.
final class CancelRequest: @unchecked Sendable {
    private let pointer: OpaquePointer

    init?(_ session: ServerSession) {
        guard let pointer = PQgetCancel(session.connection) else { return nil }
        self.pointer = pointer
    }

    deinit {
        PQfreeCancel(pointer)
    }

    func send() {
        var reason = [CChar](repeating: 0, count: 256)
        _ = PQcancel(pointer, &reason, Int32(reason.count))
    }
}
