import NIOConcurrencyHelpers

/// Callbacks by registration number.
///
/// They are called outside the lock, on the library's event thread.
final class Observers<Value: Sendable>: Sendable {
    typealias Observer = @Sendable (Value) -> Void

    private struct State {
        var observers: [Int: Observer] = [:]
        var lastID = 0
    }

    private let state = NIOLockedValueBox(State())

    func add(_ observer: @escaping Observer) -> Int {
        state.withLockedValue { state in
            state.lastID += 1
            state.observers[state.lastID] = observer
            return state.lastID
        }
    }

    func remove(_ id: Int) {
        _ = state.withLockedValue { $0.observers.removeValue(forKey: id) }
    }

    func notify(_ value: Value) {
        let observers = state.withLockedValue { Array($0.observers.values) }
        for observer in observers { observer(value) }
    }
}
