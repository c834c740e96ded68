/// How long a session lives yet, and when that is to be changed.
struct SessionLife: Sendable {
    let session: String
    /// What a session that is looked after is to have before it.
    private let span: Duration
    private let longest: Duration
    private var timeout: Duration
    private var end: ContinuousClock.Instant
    private var isHesitating = false

    /// Nil when the provider does not say how long it lives.
    ///
    /// - Parameter wall: Milliseconds of Unix time, as `startedAt` is told.
    init?(
        _ document: SessionDocument,
        span: Duration,
        longest: Duration,
        now: ContinuousClock.Instant = .now,
        wall: Int64 = UnixTime.milliseconds()
    ) {
        guard let timeout = document.timeout, timeout > 0 else { return nil }
        session = document.id
        self.longest = longest
        self.timeout = .milliseconds(timeout)
        self.span = min(span, .milliseconds(timeout))
        end = Self.end(document, timeout, .zero, now, wall)
    }

    /// Until the next extension: half of what is left; nil when it cannot live longer.
    func pause(now: ContinuousClock.Instant = .now) -> Duration? {
        guard timeout < longest else { return nil }
        return max(.milliseconds(50), now.duration(to: end) / (isHesitating ? 4 : 2))
    }

    /// By how much it is to be extended so that it has its whole span again.
    func due(now: ContinuousClock.Instant = .now) -> Duration {
        let wanted = span - max(.zero, now.duration(to: end))
        return max(.milliseconds(1), min(wanted, longest - timeout))
    }

    /// - Parameter addition: By how much it was just extended: it lives so long at least, whatever the clocks say.
    mutating func learn(
        _ document: SessionDocument,
        addition: Duration = .zero,
        now: ContinuousClock.Instant = .now,
        wall: Int64 = UnixTime.milliseconds()
    ) {
        guard let timeout = document.timeout else { return }
        self.timeout = .milliseconds(timeout)
        end = Self.end(document, timeout, addition, now, wall)
        isHesitating = false
    }

    /// It could not be extended now: sooner again.
    mutating func hesitate() { isHesitating = true }

    private static func end(
        _ document: SessionDocument,
        _ timeout: Int64,
        _ least: Duration,
        _ now: ContinuousClock.Instant,
        _ wall: Int64
    ) -> ContinuousClock.Instant {
        // Clocks differ: by none does it end later than its whole life from now.
        let left = min(timeout, (document.startedAt ?? wall) + timeout - wall)
        return now + max(least, .milliseconds(left))
    }
}
