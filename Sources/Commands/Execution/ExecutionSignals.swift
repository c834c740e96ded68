import Glibc
import NIOConcurrencyHelpers
import SandfleetClient

/// What signals mean to a command in the foreground.
///
/// The first interrupt goes to the command, as from a terminal of its own. The second, a termination or a hang-up cancels
/// it. One more, and this program leaves without it; so it does while it is not known whether the command was started.
final class ExecutionSignals: Sendable {
    private struct State {
        var process: String?
        var counts: [Int32: Int] = [:]
    }

    private let state = NIOLockedValueBox(State())
    private let signals: AsyncStream<Int32>
    private let continuation: AsyncStream<Int32>.Continuation

    init() {
        (signals, continuation) = AsyncStream<Int32>.makeStream()
    }

    /// From now on signals reach this process.
    func begin(_ process: String) {
        state.withLockedValue { $0.process = process }
    }

    func receive(_ number: Int32) {
        let (process, isTooMany) = state.withLockedValue { state in
            state.counts[number, default: 0] += 1
            let most = number == SIGINT && state.process != nil ? 2 : 1
            return (state.process, state.counts[number, default: 0] > most)
        }
        guard isTooMany else {
            continuation.yield(number)
            return
        }
        TerminalMode.shared.end()
        if let process { note("left the command alone; end it with 'sandfleet kill --cancel \(process)'") }
        Interruption.leave(number)
    }

    /// Carries out what was asked, until the task is cancelled.
    func obey(_ client: SandfleetClient, _ process: String) async {
        await withDiscardingTaskGroup { group in
            var interrupts = 0
            for await number in signals {
                if number == SIGINT { interrupts += 1 }
                let cancels = number != SIGINT || interrupts > 1
                // Beside each other: a cancel does not wait for an interrupt that is not answered.
                group.addTask { await Self.send(client, process, cancels: cancels) }
            }
        }
    }

    private static func send(_ client: SandfleetClient, _ process: String, cancels: Bool) async {
        do {
            if cancels {
                try await client.cancelProcess(process)
            } else {
                try await client.signal("INT", process)
            }
        } catch let error as SandfleetError where error.code != .processEnded {
            note("the command was not told: \(error.message)")
        } catch {
            // It has ended, and so has what waits for it.
        }
    }
}
