import NIOConcurrencyHelpers

/// Runs what arrives on the bus, each request in a task of its own, for as long as one service lasts.
///
/// Callbacks of the bus library only enqueue here. The tasks are as good as children of `run`: they begin after it, are
/// cancelled with it, and it does not return before their ends. They are not children in the language's sense, because
/// a group's owner would have to be woken for each of them.
package final class Dispatcher: Sendable {
    package typealias Job = @Sendable () async -> Void

    private struct State {
        /// What came before `run`.
        var early: [Job] = []
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var lastID: UInt64 = 0
        var isRunning = false
        var isFinished = false
        var isCancelled = false
        /// `run`, waiting for the end of the last task.
        var runner: CheckedContinuation<Void, Never>?

        var isOver: Bool { isFinished && tasks.isEmpty }

        mutating func takeRunner() -> CheckedContinuation<Void, Never>? {
            guard isOver else { return nil }
            defer { runner = nil }
            return runner
        }
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    /// Begins the job, or has `run` begin it; after `finish` it is dropped.
    package func enqueue(_ job: @escaping Job) {
        state.withLockedValue { state in
            guard !state.isFinished else { return }
            // Unbounded: a serving side that dropped requests would look like an unexplained timeout to their callers.
            guard state.isRunning else { return state.early.append(job) }
            begin(job, &state)
        }
    }

    /// Runs until `finish`, and then until the last job has ended; a cancellation finishes, and cancels the jobs.
    package func run() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { runner in
                let isOver = state.withLockedValue { state in
                    state.isRunning = true
                    for job in state.early { begin(job, &state) }
                    state.early = []
                    guard !state.isOver else { return true }
                    state.runner = runner
                    return false
                }
                if isOver { runner.resume() }
            }
        } onCancel: {
            cancel()
        }
    }

    package func finish() {
        let runner = state.withLockedValue { state in
            state.isFinished = true
            return state.takeRunner()
        }
        runner?.resume()
    }

    private func cancel() {
        let (tasks, runner) = state.withLockedValue { state in
            state.isFinished = true
            state.isCancelled = true
            return (Array(state.tasks.values), state.takeRunner())
        }
        for task in tasks { task.cancel() }
        runner?.resume()
    }

    /// Under the lock: the task's end waits for it to be entered.
    private func begin(_ job: @escaping Job, _ state: inout State) {
        state.lastID += 1
        let id = state.lastID
        let task = Task {
            await job()
            ended(id)
        }
        state.tasks[id] = task
        if state.isCancelled { task.cancel() }
    }

    private func ended(_ id: UInt64) {
        let runner = state.withLockedValue { state in
            state.tasks[id] = nil
            return state.takeRunner()
        }
        runner?.resume()
    }
}
