import NIOConcurrencyHelpers

/// Runs the real asynchronous code on whichever thread steps it, one job after another, in the order in which they came.
final class StepExecutor: TaskExecutor {
    private let jobs = NIOLockedValueBox<(queue: [UnownedJob], head: Int)>(([], 0))

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLockedValue { $0.queue.append(job) }
    }

    /// Runs until nothing can go on without an event.
    func drain() {
        while let job = next() { job.runSynchronously(on: asUnownedTaskExecutor()) }
    }

    private func next() -> UnownedJob? {
        jobs.withLockedValue { jobs in
            guard jobs.head < jobs.queue.count else {
                jobs.queue.removeAll(keepingCapacity: true)
                jobs.head = 0
                return nil
            }
            defer { jobs.head += 1 }
            return jobs.queue[jobs.head]
        }
    }
}
