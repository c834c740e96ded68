import BoxClient
import Bus
import Model
import NIOConcurrencyHelpers
import NIOCore
import SwiftProtobuf
import Wire

extension Sandbox {
    /// Bytes of both streams in one reply.
    static let pullLimit = 262_144
    /// Milliseconds; an answer has to come within thirty seconds.
    static let longestWait: Int64 = 20_000

    func start(_ request: WireAgentStart, epoch: UInt64) async throws -> WireAgentStarted {
        guard !request.processID.isEmpty, let program = request.arguments.first, !program.isEmpty else {
            throw Fault(.invalidRequest, "A process needs an id and a program.")
        }
        let connection = try await connection(epoch: epoch)
        if let known = known(request.processID) { return WireAgentStarted(known.process, attached: true) }
        try await reserve(request.processID, connection)
        let environment = state.withLockedValue(\.environment)
        let process: BoxProcess
        let isAttached: Bool
        do {
            (process, isAttached) = try await connection.startOrAttach(BoxCommand(request, environment))
        } catch {
            host.running.settle(request.processID, in: id, mayRun: (error as? BoxError)?.saysNothingRuns != true)
            throw error
        }
        host.running.settle(request.processID, in: id, mayRun: !isAttached)
        // Where to follow it from is for the first pull to say.
        if !isAttached { hold(process, of: connection, (0, 0)) }
        return WireAgentStarted(process, attached: isAttached)
    }

    /// The keeper knows its own processes only; the limit is the machine's, and starts elsewhere count before they are done.
    private func reserve(_ process: String, _ connection: BoxConnection) async throws {
        let limit = host.configuration.maximumProcesses
        if host.running.reserve(process, in: id, limit: limit) { return }
        await host.refresh()
        if host.running.reserve(process, in: id, limit: limit) { return }
        // Asked again: the keeper may have started it already, and it may have ended.
        guard try await connection.processes().contains(where: { $0.id == process }) else {
            throw Denial.processes(limit)
        }
        _ = host.running.reserve(process, in: id, limit: 0)
    }

    func pull(_ request: WireAgentPull, epoch: UInt64) async throws -> WireAgentOutput {
        let process = try await held(request.processID, from: (request.stdoutOffset, request.stderrOffset), epoch)
        let limit = request.limit == 0 ? Self.pullLimit : min(Int(request.limit), Self.pullLimit)
        return try await process.pull(
            stdout: request.stdoutOffset,
            stderr: request.stderrOffset,
            limit: limit,
            wait: .milliseconds(min(max(0, request.waitMs), Self.longestWait))
        )
    }

    func append(_ request: WireAgentAppend, epoch: UInt64) async throws -> WireAgentInput {
        let held = try await held(request.processID, from: nil, epoch)
        let (input, _) = try await held.process.append(
            ByteBuffer(bytes: Array(request.bytes)),
            at: request.hasOffset ? request.offset : nil,
            isLast: request.end,
            within: .milliseconds(min(max(0, request.waitMs), Self.longestWait))
        )
        return .with {
            $0.offset = input.offset
            $0.ended = input.hasEnded
        }
    }

    func signal(_ request: WireAgentSignal, epoch: UInt64) async throws {
        try await held(request.processID, from: nil, epoch).process.signal(request.number)
    }

    func resize(_ request: WireAgentResize, epoch: UInt64) async throws {
        let held = try await held(request.processID, from: nil, epoch)
        let size = BoxCommand.Terminal(request.terminal)
        try await held.process.resize(size)
    }

    /// An unknown process is remembered by the keeper as one that must not start.
    func kill(_ request: WireAgentKill, epoch: UInt64) async throws {
        let grace = Duration.milliseconds(min(max(0, request.graceMs), Self.longestWait))
        _ = try await connection(epoch: epoch).kill(id: request.processID, grace: grace)
    }

    func release(_ request: WireAgentRelease, epoch: UInt64) async throws {
        do {
            let held = try await held(request.processID, from: nil, epoch)
            held.process.release()
        } catch let error as BoxError where error.code == .noSuchProcess {
            // It was released before.
        }
        state.withLockedValue { _ = $0.held.removeValue(forKey: request.processID) }
    }

    func processes(epoch: UInt64) async throws -> WireAgentProcessList {
        let summaries = try await connection(epoch: epoch).processes()
        return .with {
            $0.processes = summaries.filter(\.isDetached)
                .map { summary in
                    .with {
                        $0.processID = summary.id
                        $0.externalID = String(summary.process)
                        $0.running = summary.exit == nil
                        $0.stdoutStart = summary.stdoutStart
                        $0.stderrStart = summary.stderrStart
                    }
                }
        }
    }
}

// MARK: Following

extension Sandbox {
    /// The process as this agent follows it, from these offsets on if it does not yet.
    private func held(_ id: String, from offsets: (UInt64, UInt64)?, _ epoch: UInt64) async throws -> HeldProcess {
        let connection = try await connection(epoch: epoch)
        if let known = known(id) { return known }
        return try await followTurn.withTurn {
            if let known = known(id) { return known }
            var start = offsets
            if start == nil {
                guard let summary = try await connection.processes().first(where: { $0.id == id && $0.isDetached })
                else {
                    throw BoxError(.noSuchProcess)
                }
                start = (summary.stdoutStart, summary.stderrStart)
            }
            let (stdout, stderr) = start ?? (0, 0)
            let process = try await connection.attach(id: id, stdoutOffset: stdout, stderrOffset: stderr)
            return hold(process, of: connection, (stdout, stderr))
        }
    }

    private func known(_ id: String) -> HeldProcess? {
        state.withLockedValue { $0.held[id] }.flatMap { $0.hasFailed ? nil : $0 }
    }

    @discardableResult
    private func hold(_ process: BoxProcess, of connection: BoxConnection, _ offsets: (UInt64, UInt64)) -> HeldProcess {
        let held = HeldProcess(process, stdout: offsets.0, stderr: offsets.1)
        let isCurrent = state.withLockedValue { state in
            guard state.connection === connection else { return false }
            state.held[process.id] = held
            return true
        }
        guard isCurrent else {
            held.letGo()
            return held
        }
        host.jobs.enqueue { await held.follow() }
        return held
    }
}

extension BoxError {
    /// Of a start: the keeper has refused it, or has tried in vain.
    fileprivate var saysNothingRuns: Bool {
        switch code {
        case .connectionClosed, .unreachable, .protocolViolation, .system: false
        default: true
        }
    }
}

extension WireAgentStarted {
    fileprivate init(_ process: BoxProcess, attached: Bool) {
        self.init()
        externalID = String(process.process)
        self.attached = attached
    }
}

extension BoxCommand {
    fileprivate init(_ request: WireAgentStart, _ environment: [String: String]) {
        self.init(id: request.processID, arguments: request.arguments)
        self.environment = environment.merging(request.env) { $1 }
        workingDirectory = request.cwd.isEmpty ? nil : request.cwd
        if request.stdinOpen {
            input = .open(ByteBuffer(bytes: Array(request.stdin)))
        } else if !request.stdin.isEmpty {
            input = .bytes(ByteBuffer(bytes: Array(request.stdin)))
        }
        terminal = request.hasTerminal ? Terminal(request.terminal) : nil
        timeout = request.timeoutMs > 0 ? .milliseconds(request.timeoutMs) : nil
        isDetached = true
    }
}

extension BoxCommand.Terminal {
    init(_ size: WireTerminalSize) {
        self.init(rows: UInt16(clamping: size.rows), columns: UInt16(clamping: size.columns))
    }
}
