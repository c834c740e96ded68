import NIOConcurrencyHelpers

/// What was done to the fleet, and when.
final class FaultLog: Sendable {
    struct Entry: Sendable {
        var name: String
        var detail: String
        var services: [ServiceName]
        var began: Double
        /// Nil while it lasts.
        var ended: Double?
        /// The box that was killed, if one was.
        var box: String?
    }

    private let entries = NIOLockedValueBox<[Entry]>([])

    var all: [Entry] { entries.withLockedValue { $0 } }

    func begin(_ entry: Entry) -> Int {
        entries.withLockedValue { entries in
            entries.append(entry)
            return entries.count - 1
        }
    }

    func end(_ index: Int, at time: Double) {
        entries.withLockedValue { $0[index].ended = time }
    }

    /// Whether anything was done to the fleet between two moments, or a little before.
    func disturbed(_ from: Double, _ to: Double) -> Bool {
        all.contains { $0.began <= to && ($0.ended ?? .infinity) + 30 >= from }
    }

    /// Whether this box was killed in that time.
    func killed(box: String, in time: ClosedRange<Double>) -> Bool {
        all.contains { $0.box == box && $0.began <= time.upperBound && ($0.ended ?? .infinity) >= time.lowerBound }
    }
}
