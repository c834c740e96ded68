/// The pauses before restarts: they double while a service keeps crashing, and start over once it has lived for a while.
package struct RestartBackoff: Sendable {
    package let first: Duration
    package let longest: Duration
    /// A life of this length ends a series of crashes.
    package let settled: Duration
    private var next: Duration

    package init(
        first: Duration = .milliseconds(100),
        longest: Duration = .seconds(10),
        settled: Duration = .seconds(30)
    ) {
        self.first = first
        self.longest = longest
        self.settled = settled
        next = first
    }

    /// The pause after a life of `uptime`.
    package mutating func pause(after uptime: Duration) -> Duration {
        if uptime >= settled { next = first }
        defer { next = min(next * 2, longest) }
        return next
    }
}
