import Dispatch
import NIOConcurrencyHelpers

/// A value that is set once and awaited by many; the first to resolve wins.
package final class OneShot<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiters: [UInt64: CheckedContinuation<Value?, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    /// The value, when it is already there.
    package var value: Value? { state.withLockedValue(\.value) }

    package func resolve(_ value: Value) {
        let waiters = state.withLockedValue { state -> [CheckedContinuation<Value?, Never>] in
            guard state.value == nil else { return [] }
            state.value = value
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        for waiter in waiters { waiter.resume(returning: value) }
    }

    /// Waits as long as it takes, also in a cancelled task: the end of a child is awaited in every case.
    package func wait() async -> Value {
        while true {
            if let value = await wait(until: nil) { return value }
        }
    }

    /// Waits at most `duration`; nil when the value did not come.
    package func wait(for duration: Duration) async -> Value? {
        let parts = duration.components
        let nanoseconds = Int(parts.seconds) * 1_000_000_000 + Int(parts.attoseconds / 1_000_000_000)
        return await wait(until: .now() + .nanoseconds(nanoseconds))
    }

    private func wait(until deadline: DispatchTime?) async -> Value? {
        await withCheckedContinuation { continuation in
            let (value, waiter) = state.withLockedValue { state -> (Value?, UInt64) in
                if let value = state.value { return (value, 0) }
                state.nextWaiter += 1
                state.waiters[state.nextWaiter] = continuation
                return (nil, state.nextWaiter)
            }
            if let value {
                continuation.resume(returning: value)
            } else if let deadline {
                DispatchQueue.global().asyncAfter(deadline: deadline) { [weak self] in self?.expire(waiter) }
            }
        }
    }

    private func expire(_ waiter: UInt64) {
        state.withLockedValue { $0.waiters.removeValue(forKey: waiter) }?.resume(returning: nil)
    }
}
