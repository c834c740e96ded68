/// Repeats what is safe to repeat: three tries with growing, jittered pauses.
struct RetryPolicy {
    static let tries = 3
    private static let longestPause = 5

    func run<Result>(repeatable: Bool, _ operation: () async throws -> Result) async throws -> Result {
        for attempt in 1..<Self.tries {
            do {
                return try await operation()
            } catch let error as SandfleetError where isWorthRepeating(error, repeatable: repeatable) {
                let pause = Duration.milliseconds(100 << (2 * (attempt - 1))) * Double.random(in: 0.5...1)
                let asked = Duration.seconds(min(error.retryAfter ?? 0, Self.longestPause))
                try await Task.sleep(for: max(pause, asked))
            }
        }
        return try await operation()
    }

    private func isWorthRepeating(_ error: SandfleetError, repeatable: Bool) -> Bool {
        if error.code == .invalidRequest || error.code == .tls { return false }
        if !error.mayHaveBeenDelivered { return true }
        guard repeatable else { return false }
        guard let status = error.status else { return error.code == .interrupted }
        return [429, 502, 503, 504].contains(status)
    }
}
