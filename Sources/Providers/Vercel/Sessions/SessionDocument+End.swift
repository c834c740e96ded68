extension SessionDocument {
    /// When it ends at the latest, however often it is extended; nil where Vercel does not say when it began.
    ///
    /// - Parameter wall: Milliseconds of Unix time, as `startedAt` is told.
    func latestEnd(
        longest: Duration,
        now: ContinuousClock.Instant = .now,
        wall: Int64 = UnixTime.milliseconds()
    ) -> ContinuousClock.Instant? {
        guard let startedAt else { return nil }
        // Vercel may have been told of a longer life than we know of.
        let whole = max(longest, .milliseconds(timeout ?? 0))
        // Clocks differ: by none does it live longer than its whole life from now.
        return now + whole - .milliseconds(max(0, wall - startedAt))
    }
}
