/// Asks until something is so: pauses that grow, a limit, and one last look at its end.
package struct BoundedWait<WaitClock: Clock>: Sendable where WaitClock.Duration == Duration {
    /// What one look has shown.
    package enum Look<Value: Sendable>: Sendable {
        case ready(Value)
        /// Not yet, and how it is, in words for whoever is told that the time is over.
        case notYet(String)
    }

    package var limit: Duration
    package var firstPause: Duration
    package var longestPause: Duration
    private let clock: WaitClock

    package init(
        limit: Duration,
        firstPause: Duration = .milliseconds(100),
        longestPause: Duration = .seconds(2),
        clock: WaitClock
    ) {
        self.limit = limit
        self.firstPause = firstPause
        self.longestPause = longestPause
        self.clock = clock
    }

    /// Looks at once, and then again and again.
    ///
    /// `transient` and `rateLimited` errors of a look are not its end; other errors are.
    ///
    /// - Parameter what: What is waited for, for the error: "the box to run".
    /// - Throws: `timeout` when it is not so in time.
    package func until<Value: Sendable>(
        _ what: String,
        _ look: () async throws(DriverError) -> Look<Value>
    ) async throws(DriverError) -> Value {
        let deadline = clock.now.advanced(by: limit)
        var pause = firstPause
        while true {
            var seen: String
            var wish = pause
            do throws(DriverError) {
                switch try await look() {
                case .ready(let value): return value
                case .notYet(let state): seen = state
                }
            } catch {
                switch error.kind {
                case .transient: seen = error.message
                case .rateLimited(let after):
                    seen = error.message
                    wish = max(pause, .seconds(after ?? 0))
                default: throw error
                }
            }
            let left = clock.now.duration(to: deadline)
            guard left > .zero else {
                throw DriverError(.timeout, "Waited \(limit.components.seconds) s for \(what): \(seen)")
            }
            try await sleep(min(wish, left))
            pause = min(pause * 2, longestPause)
        }
    }

    private func sleep(_ duration: Duration) async throws(DriverError) {
        do {
            try await clock.sleep(for: duration)
        } catch {
            throw DriverError(.transient, "The call was cancelled.")
        }
    }
}

extension BoundedWait where WaitClock == ContinuousClock {
    package init(
        limit: Duration,
        firstPause: Duration = .milliseconds(100),
        longestPause: Duration = .seconds(2)
    ) {
        self.init(limit: limit, firstPause: firstPause, longestPause: longestPause, clock: ContinuousClock())
    }
}
