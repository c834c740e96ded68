/// How many retries a client may still spend, so that a broken provider is not hammered.
///
/// Full at the start; each retry takes one, each success gives a part of one back.
package struct RetryBudget: Sendable, Hashable {
    package let capacity: Int
    private let depositTenths: Int
    private var tenths: Int

    /// - Parameter successesForOne: How many successes earn one retry.
    package init(capacity: Int = 10, successesForOne: Int = 10) {
        self.capacity = capacity
        depositTenths = max(1, 10 / max(1, successesForOne))
        tenths = capacity * 10
    }

    package var isEmpty: Bool { tenths < 10 }

    package mutating func withdraw() -> Bool {
        guard tenths >= 10 else { return false }
        tenths -= 10
        return true
    }

    package mutating func deposit() {
        tenths = min(capacity * 10, tenths + depositTenths)
    }
}
