import Store

/// Forgets idempotency keys whose time is over, events that were published and webhooks that were called long ago.
struct Retention: Duty {
    static let webhookHours = 7 * 24

    let name = "retention"
    let interval = Duration.seconds(60)
    let batch = 1000

    let store: Store
    /// How long after they left for the bus events are kept: a sandbox's history.
    let eventHours: Int

    func pass() async throws -> DutyPass {
        let keys = try await store.forgetExpiredKeys(limit: batch)
        let events = try await store.forgetPublishedEvents(olderThanHours: eventHours, limit: batch)
        let webhooks = try await store.forgetSettledWebhooks(olderThanHours: Self.webhookHours, limit: batch)
        return DutyPass(found: max(keys, events, webhooks))
    }
}
