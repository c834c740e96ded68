import Glibc

/// The clocks of a client: one that only goes forward, and that of the day, which `Retry-After` speaks of.
package struct ProviderTime: Sendable {
    let now: @Sendable () -> Duration
    let sleep: @Sendable (Duration) async throws -> Void
    let unixSeconds: @Sendable () -> Int64

    package init<WaitClock: Clock>(
        _ clock: WaitClock = ContinuousClock(),
        unixSeconds: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }
    ) where WaitClock.Duration == Duration {
        let start = clock.now
        now = { start.duration(to: clock.now) }
        sleep = { try await clock.sleep(for: $0) }
        self.unixSeconds = unixSeconds
    }
}
