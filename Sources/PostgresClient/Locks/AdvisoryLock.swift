import Dispatch

/// A session-level advisory lock, held over a connection of its own for as long as this object lives.
///
/// The server frees the lock when the connection ends, so a holder must stop its work as soon as the lock is lost.
package final class AdvisoryLock: Sendable {
    private let holder: AdvisoryLockHolder

    private init(_ holder: AdvisoryLockHolder) {
        self.holder = holder
    }

    deinit {
        holder.stop()
    }

    /// Waits for the lock for as long as it takes.
    package static func acquire(_ key: Int64, _ configuration: PostgresConfiguration) async throws -> AdvisoryLock {
        guard let lock = try await start(key, configuration, waits: true) else { throw CancellationError() }
        return lock
    }

    /// Nil when another session holds the lock.
    package static func tryAcquire(
        _ key: Int64,
        _ configuration: PostgresConfiguration
    ) async throws -> AdvisoryLock? {
        try await start(key, configuration, waits: false)
    }

    package var isHeld: Bool { !holder.ended.isResolved }

    /// Returns when the lock was lost or released; throws only if the waiting task is cancelled.
    package func waitUntilLost() async throws {
        try await holder.ended.value()
    }

    /// Gives the lock back; another can have it when this returns.
    package func release() async {
        holder.stop()
        // A cancelled caller does not wait, but the lock is given back all the same.
        try? await holder.ended.value()
    }

    private static func start(
        _ key: Int64,
        _ configuration: PostgresConfiguration,
        waits: Bool
    ) async throws -> AdvisoryLock? {
        let holder = AdvisoryLockHolder(key: key, configuration: configuration, waits: waits)
        // A thread of its own, since it blocks on the socket.
        DispatchQueue(label: "postgres.advisory-lock").async { holder.run() }
        do {
            return try await holder.acquired.value() ? AdvisoryLock(holder) : nil
        } catch {
            holder.stop()
            throw error
        }
    }
}
