import NIOConcurrencyHelpers

/// The database's time, as this process knows it: the one clock that deadlines on the bus are told in (rule 4).
///
/// It runs on the monotonic clock between two looks at the database, so a wall clock that jumps changes nothing.
package final class FleetClock: Sendable {
    private struct Anchor {
        var milliseconds: Int64
        var instant: ContinuousClock.Instant
    }

    private let anchor: NIOLockedValueBox<Anchor>

    /// - Parameter milliseconds: The database's Unix time.
    package init(databaseTime milliseconds: Int64, at instant: ContinuousClock.Instant = .now) {
        anchor = NIOLockedValueBox(Anchor(milliseconds: milliseconds, instant: instant))
    }

    /// Takes a newer look at the database's clock.
    package func set(databaseTime milliseconds: Int64, at instant: ContinuousClock.Instant = .now) {
        anchor.withLockedValue { $0 = Anchor(milliseconds: milliseconds, instant: instant) }
    }

    /// Unix time in milliseconds.
    package var now: Int64 {
        let anchor = anchor.withLockedValue { $0 }
        return anchor.milliseconds + Self.milliseconds(ContinuousClock.now - anchor.instant)
    }

    static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }
}
