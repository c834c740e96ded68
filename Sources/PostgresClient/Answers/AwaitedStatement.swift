/// A statement that was sent, and who waits for its answer.
///
/// It has the connection to itself until the answer is there, also when its caller has gone.
struct AwaitedStatement: Sendable {
    let pool: PostgresPool
    let lease: PostgresPool.Lease
    let caller: Promise<PostgresRows>
    /// To cancel it by.
    let ticket: UInt64
    /// After this no answer is believed in any more.
    let deadline: ContinuousClock.Instant
}
