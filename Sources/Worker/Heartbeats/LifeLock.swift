import Logging
import NIOConcurrencyHelpers
import PostgresClient
import ServiceHost
import ServiceLifecycle

/// The advisory lock that a worker holds as long as it lives; a free one is one of two witnesses of its death (rule 3).
///
/// A database that restarts frees it, so it is taken again at once: until then the other witness speaks for the worker.
final class LifeLock: Sendable {
    private let key: Int64
    private let configuration: PostgresConfiguration
    private let logger: Logger
    private let lock: NIOLockedValueBox<AdvisoryLock>

    private init(_ key: Int64, _ configuration: PostgresConfiguration, _ lock: AdvisoryLock, _ logger: Logger) {
        self.key = key
        self.configuration = configuration
        self.logger = logger
        self.lock = NIOLockedValueBox(lock)
    }

    static func take(_ key: Int64, _ configuration: PostgresConfiguration, _ logger: Logger) async throws -> LifeLock {
        LifeLock(key, configuration, try await AdvisoryLock.acquire(key, configuration), logger)
    }

    /// Takes the lock again whenever it is lost, until the process is told to stop.
    func keep() async {
        await cancelWhenGracefulShutdown { [self] in
            while !Task.isCancelled {
                do {
                    try await lock.withLockedValue { $0 }.waitUntilLost()
                    let again = try await AdvisoryLock.acquire(key, configuration)
                    lock.withLockedValue { $0 = again }
                } catch is CancellationError {
                    return
                } catch {
                    logger.debug("life lock not taken yet", metadata: .keyed([.error: "\(error)"]))
                    try? await Task.sleep(for: .milliseconds(200))
                }
            }
        }
    }

    func release() async {
        await lock.withLockedValue { $0 }.release()
    }
}
