import ArgumentParser
import Dispatch
import Glibc
import NIOConcurrencyHelpers

/// Ctrl-C, SIGTERM and SIGHUP cancel what runs; asked a second time, they end the process at once.
///
/// A command that has a better use for them takes them over for a while.
final class Interruption: Sendable {
    private struct State {
        var receiver: ExecutionSignals?
        var count = 0
    }

    private let state = NIOLockedValueBox(State())
    private let cancels: AsyncStream<Int32>.Continuation

    private init(_ cancels: AsyncStream<Int32>.Continuation) {
        self.cancels = cancels
    }

    static func cancelling(_ body: @escaping @Sendable (Interruption) async throws -> Void) async throws {
        // A closed pipe is an error code of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        let (signals, continuation) = AsyncStream<Int32>.makeStream()
        let interruption = Interruption(continuation)
        let numbers = [SIGINT, SIGTERM] + (hangUpIsIgnored ? [] : [SIGHUP])
        let sources = numbers.map { number in SignalSource(number) { interruption.receive(number) } }
        defer { for source in sources { source.cancel() } }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body(interruption)
                return true
            }
            group.addTask {
                for await number in signals { throw ExitCode(128 + number) }
                return false
            }
            defer { group.cancelAll() }
            while let isDone = try await group.next() {
                if isDone { return }
            }
        }
    }

    /// Runs the body; meanwhile signals are the receiver's business.
    func handled<Result>(
        by receiver: ExecutionSignals,
        _ body: () async throws -> Result
    ) async throws -> Result {
        state.withLockedValue { $0.receiver = receiver }
        defer { state.withLockedValue { $0.receiver = nil } }
        return try await body()
    }

    /// Ends the process at once, with the terminal as it was found.
    static func leave(_ number: Int32) -> Never {
        TerminalMode.shared.end()
        _exit(128 + number)
    }

    private func receive(_ number: Int32) {
        let (receiver, count) = state.withLockedValue { state in
            if state.receiver == nil { state.count += 1 }
            return (state.receiver, state.count)
        }
        if let receiver { return receiver.receive(number) }
        if count > 1 { Self.leave(number) }
        cancels.yield(number)
    }

    /// Whether whoever started this program wants it to outlive its terminal, as `nohup` does.
    private static var hangUpIsIgnored: Bool {
        var action = sigaction()
        sigaction(SIGHUP, nil, &action)
        // SIG_IGN is the number 1 in the place of a function.
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }
}
