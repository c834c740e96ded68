import NIOConcurrencyHelpers

/// Counts what is under way while nobody waits, for the one who has to wait for all of it in the end.
final class Departures: Sendable {
    private struct Shared {
        var count = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let shared = NIOLockedValueBox(Shared())

    func begin() {
        shared.withLockedValue { $0.count += 1 }
    }

    func end() {
        let waiters = shared.withLockedValue { shared -> [CheckedContinuation<Void, Never>] in
            shared.count -= 1
            guard shared.count == 0 else { return [] }
            defer { shared.waiters = [] }
            return shared.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns once nothing is under way.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = shared.withLockedValue { shared in
                guard shared.count > 0 else { return true }
                shared.waiters.append(continuation)
                return false
            }
            if isOver { continuation.resume() }
        }
    }
}
