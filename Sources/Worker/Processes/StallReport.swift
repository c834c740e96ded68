import Bus
import Logging
import Model
import NIOConcurrencyHelpers
import ServiceHost
import Store

/// Writes into a process's row whether its output can be stored; best effort, and never two writes at a time.
final class StallReport: Sendable {
    private struct Shared {
        var isStalled = false
        var written = false
        var isWriting = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let process: ProcessID
    private let epoch: UInt64
    private let keeper: LeaseKeeper
    private let shared = NIOLockedValueBox(Shared())

    init(process: ProcessID, epoch: UInt64, keeper: LeaseKeeper) {
        self.process = process
        self.epoch = epoch
        self.keeper = keeper
    }

    func set(_ isStalled: Bool) {
        if isStalled { keeper.metrics.stalled() }
        let writes = shared.withLockedValue { shared in
            shared.isStalled = isStalled
            defer { shared.isWriting = true }
            return !shared.isWriting
        }
        if writes { keeper.dispatcher.enqueue { await self.write() } }
    }

    /// Returns when what was said is written, or could not be.
    func settled() async {
        guard shared.withLockedValue({ $0.isWriting }) else { return }
        await withCheckedContinuation { continuation in
            let waits = shared.withLockedValue { shared in
                if shared.isWriting { shared.waiters.append(continuation) }
                return shared.isWriting
            }
            if !waits { continuation.resume() }
        }
    }

    private func write() async {
        while let isStalled = next() {
            do {
                _ = try await keeper.store.setOutputState(process, epoch: epoch, to: isStalled ? .stalled : .ok)
            } catch {
                keeper.logger.warning(
                    "state of a process's output not stored",
                    metadata: .keyed([.process: "\(process)", .error: "\(error)"])
                )
            }
        }
    }

    private func next() -> Bool? {
        let (isStalled, waiters) = shared.withLockedValue { shared in
            guard shared.isStalled != shared.written else {
                shared.isWriting = false
                defer { shared.waiters = [] }
                return (Bool?.none, shared.waiters)
            }
            shared.written = shared.isStalled
            return (shared.isStalled, [])
        }
        for waiter in waiters { waiter.resume() }
        return isStalled
    }
}
