import NIOConcurrencyHelpers
import NIOCore
import ProviderKit
import SwiftProtobuf
import Wire

/// A program on a user's machine, followed by pulling its output.
///
/// A pull says that everything before its offsets is stored, so it asks from what the owner has stored, not from what came
/// here: nothing is lost when this ends at any point.
final class SelfHostedProcess: BoxProcess {
    /// How long one pull waits for output.
    private static let pullWait = Duration.seconds(10)
    /// How long an owner is waited for to store what came.
    ///
    /// It may hold back the last bytes, and what it only counts it never stores: then it is asked again for what
    /// follows, ever more slowly.
    private static let storePatience = (shortest: Duration.milliseconds(20), longest: Duration.seconds(1))

    let id: String
    let externalID: String
    let keeper: Keeper
    let input: ProcessInput
    private let isDurable: Bool
    private let state: NIOLockedValueBox<FollowState>
    private let news = NewsBell()
    private let patience = NIOLockedValueBox(storePatience.shortest)

    private init(
        _ id: String,
        externalID: String,
        isDurable: Bool,
        input: ProcessInput,
        _ state: FollowState,
        _ keeper: Keeper
    ) {
        self.id = id
        self.externalID = externalID
        self.isDurable = isDurable
        self.input = input
        self.state = NIOLockedValueBox(state)
        self.keeper = keeper
    }

    deinit {
        // Nobody would ever ask for it again.
        guard !isDurable, !state.withLockedValue({ $0.hasEnded }) else { return }
        let (id, keeper) = (id, keeper)
        Task {
            _ = try? await keeper.call(.within(SelfHostedBox.limit)) { $0.kill = .with { $0.processID = id } }
            _ = try? await keeper.call(.within(SelfHostedBox.limit)) { $0.release = .with { $0.processID = id } }
        }
    }

    // MARK: Beginning

    static func start(
        _ command: BoxCommand,
        environment: [String: String],
        in keeper: Keeper
    ) async throws(SelfHostedFailure) -> SelfHostedProcess {
        let opening = ProcessInput.Opening(command.stdin, hasTerminal: command.terminal != nil)
        let answer = try await keeper.call(.within(SelfHostedBox.limit)) {
            $0.start = .with { start in
                start.processID = command.id
                start.arguments = command.arguments
                start.cwd = command.workingDirectory ?? ""
                start.env = environment.merging(command.environment) { $1 }
                start.stdin = opening.first
                start.stdinOpen = opening.staysOpen
                start.timeoutMs = command.timeout?.milliseconds ?? 0
                if let terminal = command.terminal {
                    start.terminal = .with { size in
                        size.rows = UInt32(terminal.rows)
                        size.columns = UInt32(terminal.columns)
                    }
                }
            }
        }
        guard case .started(let started) = answer.result else { throw .notUnderstood }
        let input = ProcessInput(of: command.id, in: keeper, offset: UInt64(opening.first.count))
        if let rest = opening.rest { input.feed(rest) }
        return SelfHostedProcess(
            command.id,
            externalID: started.externalID,
            isDurable: command.isDurable,
            input: input,
            FollowState(stdout: 0, stderr: 0),
            keeper
        )
    }

    static func attach(
        _ id: String,
        stdout: UInt64,
        stderr: UInt64,
        in keeper: Keeper
    ) async throws(SelfHostedFailure) -> SelfHostedProcess {
        let process = SelfHostedProcess(
            id,
            externalID: id,
            isDurable: true,
            input: ProcessInput(of: id, in: keeper, offset: nil),
            FollowState(stdout: stdout, stderr: stderr),
            keeper
        )
        // The answer tells whether there is such a process.
        try await process.pull(wait: .zero, .throughAbsence(.seconds(60)))
        return process
    }

    // MARK: Following

    func next() async throws(DriverError) -> ProcessEvent? {
        try await mapped { () throws(SelfHostedFailure) in try await nextEvent() }
    }

    private func nextEvent() async throws(SelfHostedFailure) -> ProcessEvent? {
        while true {
            let (event, hasEnded) = state.withLockedValue { state in
                let event = state.next()
                if !isDurable { state.take(event) }
                return (event, state.hasEnded)
            }
            if let event {
                if !isDurable, case .exited = event { release() }
                return event
            }
            if hasEnded { return nil }
            try await awaitStore()
            let before = state.withLockedValue { $0.received }
            let wait = Self.pullWait
            try await pull(wait: wait, .endless(attempt: wait + .seconds(5)))
            let hasNews = state.withLockedValue { $0.received != before || $0.hasEnded }
            patience.withLockedValue { patience in
                patience = hasNews ? Self.storePatience.shortest : min(patience * 2, Self.storePatience.longest)
            }
        }
    }

    /// What was received is pulled again until it is stored: so that comes first, if it comes.
    private func awaitStore() async throws(SelfHostedFailure) {
        let isStored: @Sendable () -> Bool = { [state] in state.withLockedValue { $0.isStored } }
        guard !isStored() else { return }
        do {
            try await news.wait(within: patience.withLockedValue { $0 }, until: isStored)
            try await news.wait { [state] in state.withLockedValue { $0.canPull } }
        } catch {
            throw .cancelled
        }
    }

    private func pull(wait: Duration, _ patience: Patience) async throws(SelfHostedFailure) {
        let from = state.withLockedValue { $0.stored }
        let answer = try await keeper.call(patience) { [id] in
            $0.pull = .with { pull in
                pull.processID = id
                pull.stdoutOffset = from.stdout
                pull.stderrOffset = from.stderr
                pull.waitMs = wait.milliseconds
                pull.limit = UInt32(FollowState.limit)
            }
        }
        guard case .output(let output) = answer.result else { throw .notUnderstood }
        guard state.withLockedValue({ $0.take(output) }) else { throw .failed("Bytes of the output are missing.") }
    }

    func acknowledge(stdout: UInt64, stderr: UInt64) {
        state.withLockedValue { $0.store(stdout: stdout, stderr: stderr) }
        news.ring()
    }

    /// Not waited for: what is still known when the sandbox is taken up again is released then.
    func release() {
        let (id, keeper) = (id, keeper)
        Task { _ = try? await keeper.call(.within(SelfHostedBox.limit)) { $0.release = .with { $0.processID = id } } }
    }

    // MARK: Controlling

    func resize(rows: UInt16, columns: UInt16) async throws(DriverError) {
        try await ask(.within(SelfHostedBox.limit)) { [id] in
            $0.resize = .with { resize in
                resize.processID = id
                resize.terminal = .with { size in
                    size.rows = UInt32(rows)
                    size.columns = UInt32(columns)
                }
            }
        }
    }

    func signal(_ number: Int32) async throws(DriverError) {
        try await ask(.within(SelfHostedBox.limit)) { [id] in
            $0.signal = .with { signal in
                signal.processID = id
                signal.number = number
            }
        }
    }

    func kill(grace: Duration) async throws(DriverError) {
        try await ask(.within(SelfHostedBox.limit)) { [id] in
            $0.kill = .with { kill in
                kill.processID = id
                kill.graceMs = grace.milliseconds
            }
        }
    }

    private func ask(
        _ patience: Patience,
        _ operation: (inout WireAgentRequest) -> Void
    ) async throws(DriverError) {
        try await mapped { () throws(SelfHostedFailure) in _ = try await keeper.call(patience, operation) }
    }
}

extension FollowState {
    /// Of what nobody stores, taking is as good.
    fileprivate mutating func take(_ event: ProcessEvent?) {
        switch event {
        case .stdout(let bytes, let offset): store(stdout: offset + UInt64(bytes.readableBytes), stderr: 0)
        case .stderr(let bytes, let offset): store(stdout: 0, stderr: offset + UInt64(bytes.readableBytes))
        case .exited, nil: break
        }
    }
}
