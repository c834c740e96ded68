import CPostgres

/// Takes the lock and watches its connection; blocks the thread it runs on.
final class AdvisoryLockHolder: Sendable {
    /// Whether the lock was got.
    let acquired = Promise<Bool>()
    /// The connection is gone, and the lock with it.
    let ended = Promise<Void>()

    private let key: Int64
    private let configuration: PostgresConfiguration
    private let waits: Bool
    private let waiting = SocketWait()

    init(key: Int64, configuration: PostgresConfiguration, waits: Bool) {
        var configuration = configuration
        // Waiting for a lock is no slow statement.
        configuration.statementTimeout = nil
        self.key = key
        self.configuration = configuration
        self.waits = waits
    }

    func stop() {
        waiting.wake()
    }

    func run() {
        do throws(PostgresError) {
            try hold(ServerSession(configuration))
        } catch {
            acquired.resolve(.failure(error))
        }
        acquired.resolve(.success(false))
        ended.resolve(.success(()))
    }

    /// Returns once the lock is not or no longer held.
    private func hold(_ session: ServerSession) throws(PostgresError) {
        guard let isGranted = try requestLock(session), isGranted else { return }
        acquired.resolve(.success(true))
        while session.condition != .broken {
            guard waiting.wait(session.socket) != .woken else {
                // Ending the session would free the lock too, but some time later.
                _ = try? session.runScript("SELECT pg_advisory_unlock_all()")
                return
            }
            session.readPending()
        }
    }

    /// Nil when stopped before the server's answer.
    private func requestLock(_ session: ServerSession) throws(PostgresError) -> Bool? {
        let sql = waits ? "SELECT true FROM pg_advisory_lock(\(key))" : "SELECT pg_try_advisory_lock(\(key))"
        guard PQsendQuery(session.connection, sql) == 1 else { throw PostgresError.lost(session.connection) }
        while PQisBusy(session.connection) == 1 {
            guard waiting.wait(session.socket) != .woken else {
                // A backend that waits for a lock does not notice that its client has left.
                CancelRequest(session)?.send()
                return nil
            }
            guard PQconsumeInput(session.connection) == 1 else { throw PostgresError.lost(session.connection) }
        }
        let rows = PostgresRows(try session.check(PQgetResult(session.connection)))
        while let rest = PQgetResult(session.connection) { PQclear(rest) }
        return try rows.first?.get(0, as: Bool.self) ?? false
    }
}
