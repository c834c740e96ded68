import NIOConcurrencyHelpers

/// Counts what runs, and lets no more in than may.
final class OperationGate: Sendable {
    private let running = NIOLockedValueBox(0)

    var count: Int { running.withLockedValue { $0 } }

    func enter(limit: Int) -> Bool {
        running.withLockedValue { running in
            guard running < limit else { return false }
            running += 1
            return true
        }
    }

    func leave() { running.withLockedValue { $0 -= 1 } }
}
