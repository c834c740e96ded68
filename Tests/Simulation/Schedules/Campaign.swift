import Dispatch
import NIOConcurrencyHelpers

/// Many schedules, on as many threads as there are processors.
package struct Campaign: Sendable {
    package struct Result: Sendable {
        package var schedules = 0
        package var steps = 0
        /// Of the lowest seed that failed.
        package var failure: Schedule.Outcome?
    }

    package var first: UInt64
    package var count: Int
    package var mutation: Mutation?
    package var threads: Int

    package init(first: UInt64, count: Int, mutation: Mutation? = nil, threads: Int = 2) {
        self.first = first
        self.count = count
        self.mutation = mutation
        self.threads = threads
    }

    /// Runs until one fails, or all have held.
    package func run() async -> Result {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: runAll()) }
        }
    }

    private func runAll() -> Result {
        let result = NIOLockedValueBox(Result())
        let next = NIOLockedValueBox(0)
        DispatchQueue.concurrentPerform(iterations: threads) { _ in
            while let index = take(next), result.withLockedValue({ $0.failure == nil }) {
                var outcome = Schedule(seed: first + UInt64(index), mutation: mutation).run()
                // What goes wrong with all fences in place says nothing about the one that is missing.
                if mutation != nil, outcome.violation != nil, Schedule(seed: outcome.seed).run().violation != nil {
                    outcome.violation = nil
                }
                result.withLockedValue { result in
                    result.schedules += 1
                    result.steps += outcome.steps
                    guard outcome.violation != nil else { return }
                    if result.failure.map({ outcome.seed < $0.seed }) ?? true { result.failure = outcome }
                }
            }
        }
        return result.withLockedValue { $0 }
    }

    private func take(_ next: NIOLockedValueBox<Int>) -> Int? {
        next.withLockedValue { next in
            guard next < count else { return nil }
            next += 1
            return next - 1
        }
    }
}
