import BoxClient
import Model
import NIOConcurrencyHelpers

/// Things that are open under a name, until nobody has used them for a minute.
///
/// Those that are spent hold nothing open any more: they are there for who asks again, and do not count as open.
final class HandleTable<Value: Sendable>: Sendable {
    private struct Entry {
        var value: Value
        var lastUse: ContinuousClock.Instant
    }

    /// How many there may be for each that may be open.
    private static var spentShare: Int { 16 }

    private let limit: Int
    private let life: Duration
    private let isSpent: @Sendable (Value) -> Bool
    private let entries = NIOLockedValueBox<[String: Entry]>([:])

    init(
        limit: Int,
        life: Duration = .seconds(60),
        isSpent: @escaping @Sendable (Value) -> Bool = { _ in false }
    ) {
        self.limit = limit
        self.life = life
        self.isSpent = isSpent
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
            if entries.count >= limit {
                guard entries.count(where: { !isSpent($0.value.value) }) < limit else {
                    throw Fault(.overloaded, "The sandbox has \(limit) open files on this machine.", retryAfter: 1)
                }
                if entries.count >= limit * Self.spentShare { forgetOldestSpent(&entries) }
            }
            entries[name] = Entry(value: value, lastUse: .now)
        }
    }

    private func forgetOldestSpent(_ entries: inout [String: Entry]) {
        let oldest = entries.filter { isSpent($0.value.value) }.min { $0.value.lastUse < $1.value.lastUse }
        if let oldest { entries[oldest.key] = nil }
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
