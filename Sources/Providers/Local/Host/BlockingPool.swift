import NIOPosix
import ProviderKit

/// Threads for calls that block, so that no cooperative thread ever does.
struct BlockingPool: Sendable {
    private let pool: NIOThreadPool

    init(threads: Int) {
        pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
    }

    func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(DriverError) -> Value
    ) async throws(DriverError) -> Value {
        let result: Result<Value, DriverError>
        do {
            result = try await pool.runIfActive { Result(catching: body) }
        } catch {
            throw DriverError(.transient, "the call was cancelled before it began")
        }
        return try result.get()
    }

    /// Runs when there is time; nobody waits for it.
    func later(_ body: @escaping @Sendable () -> Void) {
        pool.submit { state in
            if state == .active { body() }
        }
    }

    func shutdown() async {
        try? await pool.shutdownGracefully()
    }
}
