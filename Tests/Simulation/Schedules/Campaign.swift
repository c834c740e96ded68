import Foundation
import NIOConcurrencyHelpers

/// Many schedules, on threads of their own.
///
/// On those of the task pool, which are as many as there are processors, no other test would get on meanwhile.
package struct Campaign: Sendable {
    package struct Result: Sendable {
        package var schedules = 0
        package var steps = 0
        /// Those that failed, by their seeds.
        package var failures: [Schedule.Outcome] = []

        /// Of the lowest seed that failed.
        package var failure: Schedule.Outcome? { failures.first }
    }

    package var first: UInt64
    package var count: Int
    package var mutation: Mutation?
    package var threads: Int
    /// After so many failures it ends.
    package var enough: Int

    package init(first: UInt64, count: Int, mutation: Mutation? = nil, threads: Int = 2, enough: Int = 1) {
        self.first = first
        self.count = count
        self.mutation = mutation
        self.threads = threads
        self.enough = enough
    }

    /// Runs until enough have failed, or all are done.
    package func run() async -> Result {
        let result = NIOLockedValueBox(Result())
        let next = NIOLockedValueBox(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<threads { group.addTask { await Self.onThread { runSome(next, result) } } }
        }
        return result.withLockedValue { result in
            result.failures.sort { $0.seed < $1.seed }
            return result
        }
    }

    private static func onThread(_ body: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { continuation in
            let thread = Thread {
                body()
                continuation.resume()
            }
            thread.stackSize = 8 << 20
            thread.start()
        }
    }

    private func runSome(_ next: NIOLockedValueBox<Int>, _ result: NIOLockedValueBox<Result>) {
        while let index = take(next), result.withLockedValue({ $0.failures.count < enough }) {
            var outcome = Schedule(seed: first + UInt64(index), mutation: mutation).run()
            // What goes wrong with all fences in place says nothing about the one that is missing.
            if mutation != nil, outcome.violation != nil, Schedule(seed: outcome.seed).run().violation != nil {
                outcome.violation = nil
            }
            result.withLockedValue { result in
                result.schedules += 1
                result.steps += outcome.steps
                if outcome.violation != nil { result.failures.append(outcome) }
            }
        }
    }

    private func take(_ next: NIOLockedValueBox<Int>) -> Int? {
        next.withLockedValue { next in
            guard next < count else { return nil }
            next += 1
            return next - 1
        }
    }
}
