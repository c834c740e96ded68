import Logging
import NIOConcurrencyHelpers
import ProviderKit

/// Lets sessions live while somebody holds their boxes: each has a short life of its own, so one that nobody looks after any
/// more ends by itself.
final class SessionExtender: Sendable {
    private struct Shared {
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var count: UInt64 = 0
        var isOver = false
    }

    private let longestLife: Duration
    private let logger: Logger
    private let shared = NIOLockedValueBox(Shared())

    init(longestLife: Duration, logger: Logger) {
        self.longestLife = longestLife
        self.logger = logger
    }

    /// Extends a session's life until `closed` returns.
    ///
    /// - Parameter span: How long it is to live at least from any moment on.
    func keepAlive(
        _ session: SessionDocument,
        at api: VercelAPI,
        span: Duration,
        until closed: @escaping @Sendable () async -> Void
    ) {
        guard let life = SessionLife(session, span: span, longest: longestLife) else { return }
        shared.withLockedValue { shared in
            guard !shared.isOver else { return }
            shared.count += 1
            let number = shared.count
            shared.tasks[number] = Task { [self] in
                await withTaskGroup(of: Void.self) { group in
                    group.addTask { await closed() }
                    group.addTask { [self] in await extend(life, api) }
                    await group.next()
                    group.cancelAll()
                }
                _ = self.shared.withLockedValue { $0.tasks.removeValue(forKey: number) }
            }
        }
    }

    func shutdown() {
        let tasks = shared.withLockedValue { shared in
            shared.isOver = true
            return Array(shared.tasks.values)
        }
        for task in tasks { task.cancel() }
    }

    private func extend(_ first: SessionLife, _ api: VercelAPI) async {
        var life = first
        while let pause = life.pause() {
            do {
                try await Task.sleep(for: pause)
            } catch {
                return
            }
            let addition = life.due()
            do throws(DriverError) {
                let session = try await api.extend(session: life.session, by: addition)
                life.learn(session, addition: addition)
            } catch {
                // Nobody knows what came of it, or the session is over.
                guard await look(&life, api, after: error) else { return }
            }
        }
    }

    /// - Returns: Whether there is anything to go on with.
    private func look(_ life: inout SessionLife, _ api: VercelAPI, after error: DriverError) async -> Bool {
        logger.notice(
            "a session's life was not extended",
            metadata: ["session": "\(life.session)", "error": "\(error.message)"]
        )
        // Longer than the account allows: it ends when it ends.
        guard error.kind != .invalid else { return false }
        do throws(DriverError) {
            let session = try await api.session(life.session)
            guard ObservedState<VercelState>(session.status).meaning == .running else { return false }
            life.learn(session)
        } catch {
            life.hesitate()
        }
        return true
    }
}
