/// Waits between the tries of what may be asked again and again, until trouble has lasted too long.
///
/// A fleet that has never answered is given up after as many tries as any request has.
struct Patience {
    private static let shortestPause = Duration.milliseconds(100)
    private static let longestPause = Duration.seconds(5)

    private let limit: Duration
    /// When the caller's own time is up, if it has a limit.
    private let deadline: ContinuousClock.Instant?
    private var isProven: Bool
    private var failures = 0
    private var since: ContinuousClock.Instant?

    init(limit: Duration, isProven: Bool, deadline: ContinuousClock.Instant? = nil) {
        self.limit = limit
        self.isProven = isProven
        self.deadline = deadline
    }

    /// Something came back that was not there before: trouble, if there was any, is over.
    mutating func worked() {
        isProven = true
        failures = 0
        since = nil
    }

    /// Returns when it is time for another try.
    ///
    /// - Throws: The error, when trying again is of no use or has been for too long.
    mutating func wait(after error: SandfleetError) async throws {
        guard error.isTransient else { throw error }
        // A connection that broke after the request was sent: somebody was there.
        if error.status == nil, error.mayHaveBeenDelivered { isProven = true }
        let now = ContinuousClock.now
        let began = since ?? now
        since = began
        failures += 1
        guard isProven ? now - began < limit : failures < RetryPolicy.tries else { throw error }
        let pause = min(Self.shortestPause * (1 << min(failures - 1, 10)), Self.longestPause)
        let asked = min(.seconds(error.retryAfter ?? 0), Self.longestPause)
        let next = now + max(pause * Double.random(in: 0.5...1), asked)
        if let deadline, next >= deadline { throw error }
        try await Task.sleep(until: next)
    }
}

extension SandfleetError {
    private static let passing: Set<Code> = Set(
        [
            "lease_lost", "moving", "owned_by_other", "no_worker", "placement_offline", "store_unavailable",
            "bus_unavailable", "overloaded", "deadline_exceeded", "outcome_unknown", "internal",
        ]
        .map(Code.init(rawValue:))
    )

    /// Whether the same request may succeed later without anybody's doing.
    var isTransient: Bool {
        if [.interrupted, .timeout, .unreachable].contains(code) { return true }
        guard let status else { return Self.passing.contains(code) }
        // Neither what is not implemented nor a full disk passes by itself.
        return status == 429 || (status >= 500 && status != 501 && status != 507)
    }
}
