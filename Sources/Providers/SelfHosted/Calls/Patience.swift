/// How long a caller waits, and for what.
struct Patience: Sendable {
    /// Until when an absent machine is waited for; nil is for as long as it takes.
    var deadline: ContinuousClock.Instant?
    /// How long one attempt may take before it is repeated.
    var attempt: Duration
    /// Waits for a machine that counts as absent too, instead of saying so at once.
    var outlastsAbsence = false

    /// Agents answer within 30 seconds.
    static let longestAttempt = Duration.seconds(30)

    static func within(_ limit: Duration) -> Patience {
        Patience(deadline: .now + limit, attempt: min(limit, longestAttempt))
    }

    /// For ends: a machine may come back in a moment, and whoever asks again is not to do so at once.
    static func throughAbsence(_ limit: Duration) -> Patience {
        Patience(deadline: .now + limit, attempt: min(limit, longestAttempt), outlastsAbsence: true)
    }

    /// For who follows a process: its machine's absence does not end it.
    static func endless(attempt: Duration) -> Patience {
        Patience(deadline: nil, attempt: attempt, outlastsAbsence: true)
    }

    /// How long the next attempt may take; nil when there is no time for one.
    var next: Duration? {
        let left = deadline.map { $0 - .now } ?? attempt
        return left > .zero ? min(left, attempt) : nil
    }
}
