/// What is done when a request is not answered for a while, on a thread that must not be blocked.
package struct RequestSilence: Sendable {
    let after: Duration
    let begin: @Sendable (PendingRequest) -> Void

    /// - Parameter begin: Called at most once, and not after the answer.
    package init(after: Duration, begin: @escaping @Sendable (PendingRequest) -> Void) {
        self.after = after
        self.begin = begin
    }
}

/// A request that is waited for.
package struct PendingRequest: Sendable {
    let table: RequestTable
    let id: UInt64

    /// Ends the wait with an error; of a request that has ended it does nothing.
    package func fail(_ error: any Error) { table.complete(id) { .failure(error) } }
}
