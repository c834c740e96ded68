import BoxClient
import Model
import NIOConcurrencyHelpers

/// Things that are open under a name, until nobody has used them for a minute.
final class HandleTable<Value: Sendable>: Sendable {
    private struct Entry {
        var value: Value
        var lastUse: ContinuousClock.Instant
    }

    private let limit: Int
    private let life: Duration
    private let entries = NIOLockedValueBox<[String: Entry]>([:])

    init(limit: Int, life: Duration = .seconds(60)) {
        self.limit = limit
        self.life = life
    }

    /// Nil when there is none, or none any more.
    subscript(name: String) -> Value? {
        entries.withLockedValue { entries in
            guard entries[name] != nil else { return nil }
            entries[name]?.lastUse = .now
            return entries[name]?.value
        }
    }

    func insert(_ name: String, _ value: Value) throws {
        try entries.withLockedValue { entries in
            guard entries.count < limit else {
                throw Fault(.overloaded, "The sandbox has \(limit) open files on this machine.", retryAfter: 1)
            }
            entries[name] = Entry(value: value, lastUse: .now)
        }
    }

    @discardableResult
    func remove(_ name: String) -> Value? {
        entries.withLockedValue { $0.removeValue(forKey: name)?.value }
    }

    /// Lets go of what nobody has used for long.
    func expire() {
        let limit = ContinuousClock.now - life
        // Values go outside the lock: a file that is let go of is closed.
        let gone = entries.withLockedValue { entries in
            let gone = entries.filter { $0.value.lastUse < limit }
            for name in gone.keys { entries[name] = nil }
            return gone
        }
        withExtendedLifetime(gone) {}
    }

    func removeAll() {
        let gone = entries.withLockedValue { entries in
            defer { entries = [:] }
            return entries
        }
        withExtendedLifetime(gone) {}
    }
}
