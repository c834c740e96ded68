/// After what a request is sent again, and when.
///
/// Pure: the caller brings the time that is left, the budget and the generator.
package struct RetryPolicy: Sendable, Hashable {
    /// How one try ended, if not well.
    package enum Outcome: Sendable, Hashable {
        /// The provider answered with a status of 400 or above.
        case status(Int, retryAfter: Duration?)
        /// It has surely not got the request.
        case neverLeft
        /// It may have got the request, and did not answer, or not wholly.
        case unanswered

        /// Whether what was asked for may have been done.
        package var mayHaveActed: Bool {
            switch self {
            case .unanswered: true
            case .neverLeft: false
            case .status(let status, _): status == 408 || (500...599).contains(status) && status != 501
            }
        }
    }

    package enum Decision: Sendable, Hashable {
        case again(after: Duration)
        /// It ends with what was met.
        case stop(Reason)

        package enum Reason: Sendable, Hashable {
            /// An answer that another try would not change.
            case final
            /// Another try could act twice.
            case notRepeatable
            case noTriesLeft
            /// Too many requests of this client have failed of late.
            case noBudget
            /// The pause would go past the deadline, or is longer than anybody should wait.
            case noTime
        }
    }

    package static let statuses: Set<Int> = [408, 425, 429, 500, 502, 503, 504]
    /// With these the provider says itself that it has done nothing.
    package static let refusals: Set<Int> = [425, 429]

    package var tries: Int
    package var firstPause: Duration
    package var longestPause: Duration
    /// A `Retry-After` beyond this is told to the caller instead of being waited for.
    package var longestRetryAfter: Duration

    package init(
        tries: Int = 3,
        firstPause: Duration = .milliseconds(250),
        longestPause: Duration = .seconds(10),
        longestRetryAfter: Duration = .seconds(30)
    ) {
        self.tries = tries
        self.firstPause = firstPause
        self.longestPause = longestPause
        self.longestRetryAfter = longestRetryAfter
    }

    /// - Parameters:
    ///   - attempt: Which try this was, from 1.
    ///   - timeLeft: Until the deadline of all tries.
    package func decision(
        after outcome: Outcome,
        attempt: Int,
        _ repeatability: Repeatability,
        timeLeft: Duration,
        budget: inout RetryBudget,
        generator: inout some RandomNumberGenerator
    ) -> Decision {
        if let reason = obstacle(to: outcome, repeatability) { return .stop(reason) }
        guard attempt < tries else { return .stop(.noTriesLeft) }
        let pause = pause(before: attempt + 1, outcome, &generator)
        guard let pause, pause < timeLeft else { return .stop(.noTime) }
        guard budget.withdraw() else { return .stop(.noBudget) }
        return .again(after: pause)
    }

    private func obstacle(to outcome: Outcome, _ repeatability: Repeatability) -> Decision.Reason? {
        switch outcome {
        case .neverLeft: nil
        case .unanswered: repeatability == .once ? .notRepeatable : nil
        case .status(let status, _):
            if !Self.statuses.contains(status) {
                .final
            } else if repeatability == .once && !Self.refusals.contains(status) {
                .notRepeatable
            } else {
                nil
            }
        }
    }

    /// Doubling pauses of which a random half is taken away; what the provider asks for is the least.
    private func pause(
        before attempt: Int,
        _ outcome: Outcome,
        _ generator: inout some RandomNumberGenerator
    ) -> Duration? {
        var full = firstPause
        for _ in 2..<max(2, attempt) where full < longestPause { full *= 2 }
        full = min(full, longestPause)
        // Not `Double.random(in:using:)`, which asks a generator again until it likes the number.
        let share = Double(generator.next() >> 11) / Double(1 << 53)
        let jittered = full * (0.5 + share / 2)
        guard case .status(_, let asked?) = outcome else { return jittered }
        guard asked <= longestRetryAfter else { return nil }
        // Everybody was told the same time: those who come back are spread behind it.
        return max(jittered, asked + jittered - full / 2)
    }
}
