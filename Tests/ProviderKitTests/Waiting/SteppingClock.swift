import NIOConcurrencyHelpers

/// A clock that stands still, and is put forward by whoever sleeps.
final class SteppingClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration

        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }

        func duration(to other: Instant) -> Duration { other.offset - offset }

        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private let state = NIOLockedValueBox((now: Duration.zero, slept: [Duration]()))

    var now: Instant { Instant(offset: state.withLockedValue { $0.now }) }

    var minimumResolution: Duration { .nanoseconds(1) }

    /// How long each sleep was.
    var slept: [Duration] { state.withLockedValue { $0.slept } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        state.withLockedValue { state in
            state.slept.append(deadline.offset - state.now)
            state.now = max(state.now, deadline.offset)
        }
    }
}
