import NIOConcurrencyHelpers

/// A number that a transfer counts up.
final class Tally: Sendable {
    private let count = NIOLockedValueBox(0)

    var value: Int { count.withLockedValue { $0 } }

    func set(_ value: Int) {
        count.withLockedValue { $0 = value }
    }
}
