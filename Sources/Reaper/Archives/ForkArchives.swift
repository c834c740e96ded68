import Store

/// Marks the archives of forks for deletion whose new sandbox did not fetch its files within the hour.
struct ForkArchives: Duty {
    static let patienceMinutes = 60

    let name = "fork_archives"
    let interval = Duration.seconds(60)
    let batch = 256

    let store: Store
    let actor: String

    func pass() async throws -> DutyPass {
        let forks = try await store.claimForsakenForks(
            olderThanMinutes: Self.patienceMinutes,
            limit: batch,
            actor: actor
        )
        return DutyPass(found: forks.count)
    }
}
