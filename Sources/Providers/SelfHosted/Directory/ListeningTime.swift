/// How long this process has been able to hear anybody at all.
///
/// Silence is measured on it, so that a connection of our own that was down makes nobody absent.
struct ListeningTime: Sendable {
    private var total: Duration = .zero
    /// Nil while nothing can be heard.
    private(set) var since: ContinuousClock.Instant?

    mutating func begin(at now: ContinuousClock.Instant) {
        if since == nil { since = now }
    }

    mutating func end(at now: ContinuousClock.Instant) {
        guard let since else { return }
        total += now - since
        self.since = nil
    }

    /// All of it up to now.
    func elapsed(at now: ContinuousClock.Instant) -> Duration {
        total + (since.map { now - $0 } ?? .zero)
    }
}
