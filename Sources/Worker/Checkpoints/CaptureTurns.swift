import NIOConcurrencyHelpers

/// Captures of one sandbox, one after another; changes to its box that come meanwhile wait for the end of one that freezes it.
final class CaptureTurns: Sendable {
    private struct Shared {
        var isTaken = false
        var isFrozen = false
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var waiterCount: UInt64 = 0
    }

    private let shared = NIOLockedValueBox(Shared())

    /// Runs a capture once the one before has ended.
    ///
    /// - Parameter freezing: Changes wait meanwhile.
    func capture<Value: Sendable>(freezing: Bool, _ body: () async throws -> Value) async throws -> Value {
        try await wait { shared in
            guard !shared.isTaken else { return false }
            shared.isTaken = true
            shared.isFrozen = freezing
            return true
        }
        defer { end() }
        return try await body()
    }

    /// Returns once no capture freezes the box.
    func pass() async throws {
        try await wait { !$0.isFrozen }
    }

    private func end() {
        let waiters = shared.withLockedValue { shared in
            shared.isTaken = false
            shared.isFrozen = false
            defer { shared.waiters = [:] }
            return shared.waiters.values
        }
        for waiter in waiters { waiter.resume() }
    }

    private func wait(until attempt: @Sendable (inout Shared) -> Bool) async throws {
        while true {
            try Task.checkCancellation()
            let number: UInt64? = shared.withLockedValue { shared in
                if attempt(&shared) { return nil }
                shared.waiterCount += 1
                return shared.waiterCount
            }
            guard let number else { return }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let isOver = shared.withLockedValue { shared in
                        guard shared.isTaken, !Task.isCancelled else { return true }
                        shared.waiters[number] = continuation
                        return false
                    }
                    if isOver { continuation.resume() }
                }
            } onCancel: {
                shared.withLockedValue { $0.waiters.removeValue(forKey: number) }?.resume()
            }
        }
    }
}
