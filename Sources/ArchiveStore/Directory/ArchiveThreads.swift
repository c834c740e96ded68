import NIOPosix

/// Threads for calls that block, shared by all directories of the process, so that no cooperative thread ever does.
enum ArchiveThreads {
    private static let pool: NIOThreadPool = {
        let pool = NIOThreadPool(numberOfThreads: 4)
        pool.start()
        return pool
    }()

    /// Runs to the end, also in a cancelled task: what was begun with files is finished or undone.
    static func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(ArchiveError) -> Value
    ) async throws(ArchiveError) -> Value {
        let result: Result<Value, ArchiveError> = await withCheckedContinuation { continuation in
            pool.submit { state in
                guard state == .active else {
                    return continuation.resume(returning: .failure(ArchiveError(.unavailable, "no threads")))
                }
                continuation.resume(returning: Result(catching: body))
            }
        }
        return try result.get()
    }
}
