import Model
import Testing

@testable import Agent

struct RunningProcessesTests {
    private let sandboxes = ["01jc0000000000000000000aaa", "01jc0000000000000000000bbb"].compactMap { SandboxID($0) }

    /// Starts that are under way in several sandboxes have their places at once.
    @Test func startsAreCountedBeforeTheyAreDone() {
        let running = RunningProcesses()
        #expect(running.reserve("a", in: sandboxes[0], limit: 2))
        #expect(running.reserve("b", in: sandboxes[1], limit: 2))
        #expect(!running.reserve("c", in: sandboxes[0], limit: 2))
        // The same one, asked for again.
        #expect(running.reserve("a", in: sandboxes[0], limit: 2))
        #expect(running.count == 2)
        running.settle("a", in: sandboxes[0], mayRun: false)
        #expect(running.count == 2)
        running.settle("a", in: sandboxes[0], mayRun: true)
        running.settle("b", in: sandboxes[1], mayRun: false)
        #expect(running.count == 1)
        #expect(running.reserve("c", in: sandboxes[1], limit: 2))
        #expect(running.reserve("d", in: sandboxes[1], limit: 0))
    }

    /// What a keeper says was true when it was asked.
    @Test func aKeepersWordDoesNotUndoWhatWasStartedSince() {
        let running = RunningProcesses()
        _ = running.reserve("a", in: sandboxes[0], limit: 0)
        running.settle("a", in: sandboxes[0], mayRun: true)
        let moment = running.moment
        _ = running.reserve("b", in: sandboxes[0], limit: 0)
        running.settle("b", in: sandboxes[0], mayRun: true)
        running.set([], in: sandboxes[0], asOf: moment)
        #expect(running.count == 1)
        running.set(["b"], in: sandboxes[0], asOf: running.moment)
        #expect(running.count == 1)
        running.set([], in: sandboxes[0], asOf: running.moment)
        #expect(running.count == 0)
    }
}
