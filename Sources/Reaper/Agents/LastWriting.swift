import NIOConcurrencyHelpers

/// Since when beats have been written without a failure: what was not written was not heard by others.
final class LastWriting: Sendable {
    private let since: NIOLockedValueBox<ContinuousClock.Instant>

    init(since instant: ContinuousClock.Instant = .now) {
        since = NIOLockedValueBox(instant)
    }

    var began: ContinuousClock.Instant { since.withLockedValue { $0 } }

    func failed() { since.withLockedValue { $0 = .now } }
}
