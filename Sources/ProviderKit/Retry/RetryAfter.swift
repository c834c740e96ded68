/// The value of a `Retry-After` header: seconds, or one of the three dates of RFC 9110, section 5.6.7.
package enum RetryAfter {
    /// How long to wait; nil when the value says nothing.
    ///
    /// A date that is past is zero.
    ///
    /// - Parameter now: Seconds of Unix time.
    package static func duration(_ value: String, now: Int64) -> Duration? {
        let text = value.split(separator: " ").joined(separator: " ")
        if let seconds = Double(text) {
            guard seconds.isFinite, seconds >= 0 else { return nil }
            return .milliseconds(Int64(min(seconds, 1e9) * 1000))
        }
        return HTTPDate.seconds(text).map { .seconds(max(0, $0 - now)) }
    }
}
