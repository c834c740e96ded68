import Model
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
    private let closedGaps = NIOLockedValueBox(0)

    package init(now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.now = now
    }

    /// Whether the heartbeat may have been over since it was last confirmed: others may have taken over what is held here.
    ///
    /// Asked when the next renewal is answered, and before that is confirmed. It counts from the last one's sending to now: a
    /// renewal that was sent in time may have waited until it was late.
    package func mayHaveLapsed() -> Bool {
        let now = now()
        return confirmed.withLockedValue { $0.map { now - $0 > .seconds(Heartbeat.validity) } ?? false }
    }

    /// How often the heartbeat may have been over and was confirmed again.
    package var gaps: Int { closedGaps.withLockedValue { $0 } }

    /// Whether the heartbeat may have been over since there were so many gaps.
    ///
    /// What became ours meanwhile was not among what was looked at when the gap ended.
    package func hasLapsed(since gaps: Int) -> Bool { mayHaveLapsed() || gaps != self.gaps }

    /// A renewal that was sent at this instant has been confirmed.
    package func confirm(sentAt instant: ContinuousClock.Instant) {
        if mayHaveLapsed() { closedGaps.withLockedValue { $0 += 1 } }
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
