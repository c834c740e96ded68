/// When a call that failed is made again.
enum WebhookRetry {
    static let first = 5.0
    static let longest = 3600.0
    /// After this it is given up, in seconds.
    static let patience = 24.0 * 3600

    /// Seconds until the next attempt; nil when there is none.
    ///
    /// - Parameters:
    ///   - attempts: How often it had been tried before this time.
    ///   - age: Seconds since the process ended.
    ///   - spread: 0 to 1, so that many that failed together do not come together again.
    static func pause(afterAttempts attempts: Int, age: Double, spread: Double) -> Int? {
        let pause = min(longest, first * Double(1 << min(attempts, 20))) * (0.75 + spread / 4)
        return age + pause > patience ? nil : Int(pause.rounded(.up))
    }
}
