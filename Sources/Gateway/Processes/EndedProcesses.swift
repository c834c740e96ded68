import Logging
import Model
import NIOConcurrencyHelpers
import ServiceHost
import ServiceLifecycle
import Store

/// Waits for the ends of processes: one subscription and one look at the row for all who wait for the same one.
///
/// The signal on the bus may get lost, so the row is read now and then as well. Its tasks are children of `run`.
final class EndedProcesses: Service {
    typealias Read = @Sendable (ProcessID, WorkspaceID) async throws -> ProcessRecord?

    /// How often the row is read while no signal comes.
    private let look: Duration
    private let signals: any EndSignals
    private let read: Read
    private let logger: Logger

    private let state = NIOLockedValueBox(WatchBook())
    private let begun: AsyncStream<WatchBook.Key>
    private let begin: AsyncStream<WatchBook.Key>.Continuation

    /// - Parameter read: The row; nil when there is none.
    init(
        signals: any EndSignals,
        logger: Logger,
        look: Duration = .seconds(5),
        read: @escaping Read
    ) {
        self.signals = signals
        self.logger = logger
        self.look = look
        self.read = read
        (begun, begin) = AsyncStream.makeStream()
    }

    func run() async {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                for await key in self.begun { group.addTask { await self.watch(key) } }
            }
        }
        let waiters = state.withLockedValue { $0.close() }
        for waiter in waiters { waiter.resume(returning: nil) }
    }

    /// The row once it has ended; nil when it has not within the time, is not there, or the gateway stops.
    func end(
        of process: ProcessID,
        in workspace: WorkspaceID,
        within limit: Duration
    ) async throws -> ProcessRecord? {
        let key = WatchBook.Key(process: process, workspace: workspace)
        let ticket = state.withLockedValue { $0.newTicket() }
        defer { leave(key, ticket) }
        let ended = await withGracefulShutdownHandler {
            await news(of: key, ticket, within: limit)
        } onGracefulShutdown: {
            self.leave(key, ticket)
        }
        try Task.checkCancellation()
        return ended
    }

    private func news(of key: WatchBook.Key, _ ticket: UInt64, within limit: Duration) async -> ProcessRecord? {
        await withTaskGroup(of: ProcessRecord?.self) { group in
            defer { group.cancelAll() }
            group.addTask { await self.news(of: key, ticket) }
            group.addTask {
                // Cancelled when the news came first.
                try? await Task.sleep(for: limit)
                return nil
            }
            return await group.next() ?? nil
        }
    }

    private func news(of key: WatchBook.Key, _ ticket: UInt64) async -> ProcessRecord? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                switch state.withLockedValue({ $0.join(key, ticket, continuation) }) {
                case .refused: continuation.resume(returning: nil)
                case .first: begin.yield(key)
                case .joined: break
                }
            }
        } onCancel: {
            leave(key, ticket)
        }
    }

    private func leave(_ key: WatchBook.Key, _ ticket: UInt64) {
        let (waiter, sleeper) = state.withLockedValue { $0.leave(key, ticket) }
        waiter?.resume(returning: nil)
        sleeper?.resume()
    }

    /// Looks at one row, at once and after each signal, until it has ended or nobody waits any more.
    private func watch(_ key: WatchBook.Key) async {
        var listening: (any EndListening)?
        defer { listening?.stop() }
        while !Task.isCancelled {
            if listening == nil { listening = await listen(to: key) }
            state.withLockedValue { $0.look(key) }
            if let end = await ended(key) {
                let waiters = state.withLockedValue { $0.finish(key) }
                for waiter in waiters { waiter.resume(returning: end.record) }
                return
            }
            guard !state.withLockedValue({ $0.isAbandoned(key) }) else { return }
            await rest(key)
        }
    }

    private func listen(to key: WatchBook.Key) async -> (any EndListening)? {
        do {
            return try await signals.listen(to: key.process, in: key.workspace) { [weak self] in self?.heard(key) }
        } catch {
            logger.debug("ends are not heard", metadata: .keyed([.process: "\(key.process)", .error: "\(error)"]))
            return nil
        }
    }

    /// The row when it has ended, or that there is none any more; nil while it runs or cannot be read.
    private func ended(_ key: WatchBook.Key) async -> (record: ProcessRecord?, Void)? {
        do {
            let record = try await read(key.process, key.workspace)
            return record?.isRunning == true ? nil : (record, ())
        } catch {
            logger.debug("row not read", metadata: .keyed([.process: "\(key.process)", .error: "\(error)"]))
            return nil
        }
    }

    private func heard(_ key: WatchBook.Key) {
        state.withLockedValue { $0.heard(key) }?.resume()
    }

    /// Until a signal, the next look, or the last waiter's leaving.
    private func rest(_ key: WatchBook.Key) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.signal(key) }
            group.addTask { [look] in
                // Cancelled when the signal came first.
                try? await Task.sleep(for: look)
            }
            await group.next()
            group.cancelAll()
        }
    }

    private func signal(_ key: WatchBook.Key) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // Under the lock: a cancellation after this line finds the sleeper.
                let sleeps = state.withLockedValue { Task.isCancelled ? false : $0.sleep(key, continuation) }
                if !sleeps { continuation.resume() }
            }
        } onCancel: {
            state.withLockedValue { $0.wake(key) }?.resume()
        }
    }
}
