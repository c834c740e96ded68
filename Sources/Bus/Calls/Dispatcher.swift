/// Runs what arrives on the bus, each request in a task of its own, as children of one service.
///
/// Callbacks of the bus library only enqueue here.
package final class Dispatcher: Sendable {
    private let jobs: AsyncStream<@Sendable () async -> Void>
    private let continuation: AsyncStream<@Sendable () async -> Void>.Continuation

    package init() {
        // Unbounded: a serving side that dropped requests would look like an unexplained timeout to their callers.
        (jobs, continuation) = AsyncStream.makeStream(bufferingPolicy: .unbounded)
    }

    package func enqueue(_ job: @escaping @Sendable () async -> Void) {
        continuation.yield(job)
    }

    /// Runs until `finish`, and then until the last job has ended.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs {
                group.addTask { await job() }
            }
        }
    }

    package func finish() {
        continuation.finish()
    }
}
