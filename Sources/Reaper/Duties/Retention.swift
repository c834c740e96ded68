import Store

/// Forgets idempotency keys whose time is over, and what was published, called or deleted long ago: events, webhooks, archives.
struct Retention: Duty {
    static let webhookHours = 7 * 24

    let name = "retention"
    let interval = Duration.seconds(60)
    let batch = 1000

    let store: Store
    /// How long after they left for the bus events are kept: a sandbox's history.
    let eventHours: Int
    /// How long after they were deleted archives stay in the ledger.
    let archiveHours: Int

    func pass() async throws -> DutyPass {
        let keys = try await store.forgetExpiredKeys(limit: batch)
        let events = try await store.forgetPublishedEvents(olderThanHours: eventHours, limit: batch)
        let webhooks = try await store.forgetSettledWebhooks(olderThanHours: Self.webhookHours, limit: batch)
        let archives = try await store.forgetDeletedArchives(olderThanHours: archiveHours, limit: batch)
        return DutyPass(found: max(keys, events, webhooks, archives))
    }
}
