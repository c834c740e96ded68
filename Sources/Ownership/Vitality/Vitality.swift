import NIOConcurrencyHelpers

/// Whether this worker may act: its own heartbeat was confirmed lately (rule 4).
///
/// Counted from when the renewal was sent, on a clock that runs through suspend: a worker that was frozen and woken finds
/// itself dead before it does anything.
package final class Vitality: Sendable {
    /// Less than the heartbeat's validity by a margin for clocks and for what is under way.
    package static let limit = Duration.seconds(7)

    private let now: @Sendable () -> ContinuousClock.Instant
    private let confirmed = NIOLockedValueBox<ContinuousClock.Instant?>(nil)

    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.now = now
    }

    /// A renewal that was sent at this instant has been confirmed.
    package func confirm(sentAt instant: ContinuousClock.Instant) {
        confirmed.withLockedValue { $0 = max($0 ?? instant, instant) }
    }

    /// Never again: the incarnation was fenced.
    package func end() {
        confirmed.withLockedValue { $0 = nil }
    }

    package func isAlive() -> Bool { isAlive(at: now()) }

    package func isAlive(at instant: ContinuousClock.Instant) -> Bool {
        confirmed.withLockedValue { $0.map { instant - $0 < Self.limit } ?? false }
    }
}
