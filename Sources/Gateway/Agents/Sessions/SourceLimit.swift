import Model
import NIOConcurrencyHelpers

/// How often one address may ask for what needs no API key.
///
/// A bucket that fills again within a minute; a fleet of agents behind one address fits into it.
struct SourceLimit: Sendable {
    /// More addresses than this are forgotten at once, the fullest buckets first in effect: all start anew.
    private static let capacity = 10_000

    private struct Bucket {
        var left: Double
        var at: ContinuousClock.Instant
    }

    let perMinute: Int
    private let buckets = NIOLockedValueBox<[String: Bucket]>([:])

    /// - Parameter perMinute: 0 is no limit.
    init(perMinute: Int) {
        self.perMinute = perMinute
    }

    func admit(_ source: String, now: ContinuousClock.Instant = .now) throws(Fault) {
        guard perMinute > 0 else { return }
        let full = Double(perMinute)
        let wait: Double = buckets.withLockedValue { buckets in
            if buckets[source] == nil, buckets.count >= Self.capacity { buckets.removeAll(keepingCapacity: true) }
            var bucket = buckets[source] ?? Bucket(left: full, at: now)
            bucket.left = min(full, bucket.left + (now - bucket.at) / .seconds(1) * full / 60)
            bucket.at = now
            let isAdmitted = bucket.left >= 1
            if isAdmitted { bucket.left -= 1 }
            buckets[source] = bucket
            return isAdmitted ? 0 : (1 - bucket.left) * 60 / full
        }
        guard wait > 0 else { return }
        throw Fault(
            .rateLimited,
            "Too many requests without an API key came from this address.",
            hint: "Wait for as long as Retry-After says.",
            retryAfter: max(1, Int(wait.rounded(.up)))
        )
    }
}
