import Store

/// Forgets idempotency keys whose time is over, events that were published and webhooks that were called long ago.
struct Retention: Duty {
    static let eventHours = 72
    static let webhookHours = 7 * 24

    let name = "retention"
    let interval = Duration.seconds(60)
    let batch = 1000

    let store: Store

    func pass() async throws -> Int {
        let keys = try await store.forgetExpiredKeys(limit: batch)
        let events = try await store.forgetPublishedEvents(olderThanHours: Self.eventHours, limit: batch)
        let webhooks = try await store.forgetSettledWebhooks(olderThanHours: Self.webhookHours, limit: batch)
        return max(keys, events, webhooks)
    }
}
