import Bus
import Foundation
import Model
import NIOCore
import NIOFoundationCompat
import Ownership
import ProviderKit
import Store
import SwiftProtobuf
import Wire

/// Starting processes, and what is asked of those that run.
extension SandboxOperations {
    /// The most of each stream that an answer carries, whatever was asked: two tails fit into one message.
    static let tailLimit = 384 * 1024
    /// The most input that one request carries, and how long the process may take to read of it.
    static let inputLimit = 256 * 1024
    static let inputPatience = Duration.seconds(10)
    /// How long a process may take to be found again in a box that comes back, and to end once it is killed.
    static let findPatience = Duration.seconds(10)
    static let longestGrace = Duration.seconds(60)

    // MARK: Starting

    /// Starts a process and waits for its end; the process does not depend on who waits.
    func runCommand(_ command: WireRunCommand, _ call: IncomingCall<WireSandboxRequest>) async throws
        -> WireCommandResult
    {
        let tailLimit = min(max(0, Int(clamping: command.tailLimit)), Self.tailLimit)
        let start = try ProcessStart(
            command.start,
            operation: call.request.operationID,
            tailLimit: tailLimit,
            deadline: call.deadline
        )
        let process = try await enter(start)
        switch try await process.ended() {
        case .ended(let record):
            var result = WireCommandResult()
            result.process = WireProcessState(record)
            let took = (process.endedAt ?? .now) - process.beganAt
            result.durationMs = took.components.seconds * 1000 + took.components.attoseconds / 1_000_000_000_000_000
            guard let tails = process.tails else {
                result.attached = true
                return result
            }
            result.stdout = Data(buffer: tails.stdout)
            result.stderr = Data(buffer: tails.stderr)
            return result
        case .refused(.existing(let record)):
            return .with {
                $0.process = WireProcessState(record)
                $0.attached = true
            }
        case let phase: throw Self.interruption(phase)
        }
    }

    /// Starts a process; answers once it runs, or has failed to start.
    func startProcess(_ request: WireStartProcess, _ call: IncomingCall<WireSandboxRequest>) async throws
        -> WireProcessState
    {
        let start = try ProcessStart(request, operation: call.request.operationID, deadline: call.deadline)
        let process = try await enter(start)
        let existed = process.id != start.row.id
        switch try await process.started() {
        case .running(let source):
            return .with {
                $0.processID = process.id.rawValue
                $0.status = .running
                $0.externalID = source.externalID
                $0.existed = existed
            }
        case .ended(let record):
            var state = WireProcessState(record)
            state.existed = existed
            return state
        case .refused(.existing(let record)):
            var state = WireProcessState(record)
            state.existed = true
            return state
        case let phase: throw Self.interruption(phase)
        }
    }

    /// The process of the operation, begun now or before.
    private func enter(_ start: ProcessStart) async throws -> OwnedProcess {
        try await holding.captures.pass()
        // Before the row is written: a box that does not come back starts nothing.
        let live = try await keeper.liveBox(of: holding)
        try await live.box.prepareStart()
        guard keeper.vitality.isAlive() else { throw NoAnswer() }
        let limit = start.row.storedLimit
        let identity = ProcessIdentity(
            id: start.row.id,
            mode: start.row.mode,
            operation: start.row.operation,
            requestHash: start.row.requestHash,
            storedLimit: limit > 0 ? UInt64(limit) : keeper.storedLimit,
            killsAtLimit: start.row.killsAtLimit,
            box: holding.boxID,
            generation: live.generation
        )
        switch try holding.processes.enter(identity, phase: .starting) {
        case .new(let process):
            process.launch { [keeper, holding] in
                await keeper.life(of: process, holding).begin(start, in: live.box)
            }
            return process
        case .known(let process, isVerified: true):
            return process
        case .known(let process, isVerified: false):
            // It was taken over, and only its row knows what had been asked.
            let insertion = try await keeper.store.startProcess(
                start.row,
                in: holding.sandbox,
                epoch: holding.epoch,
                box: holding.boxID
            )
            switch insertion {
            case .existing: return process
            case .conflict(let record): throw Fault.operationConflict(record.id)
            case .inserted, .leaseLost: throw NoLease()
            }
        }
    }

    /// Why there is no process to tell of; one that goes on is found by its operation.
    private static func interruption(_ phase: OwnedProcess.Phase) -> any Error {
        if case .refused(.failed(let error)) = phase { error } else { Fault.leaseLost }
    }

    // MARK: What runs

    func writeStdin(_ request: WireWriteStdin, _ deadline: Int64?) async throws -> WireStdinState {
        guard request.bytes.count <= Self.inputLimit else {
            throw Fault(.bodyTooLarge, "One request carries at most \(Self.inputLimit) bytes of input.")
        }
        let limit = patience(Self.inputPatience, deadline)
        return try await control(request.processID, deadline, isRepeatable: request.hasOffset) { source in
            let state = try await Self.append(request, to: source, within: limit)
            return .with {
                $0.offset = state.offset
                $0.ended = state.hasEnded
            }
        }
    }

    private static func append(
        _ request: WireWriteStdin,
        to source: any BoxProcess,
        within limit: Duration
    ) async throws -> InputState {
        let offset = request.hasOffset ? request.offset : nil
        let refusal: DriverError
        do {
            return try await source.append(ByteBuffer(data: request.bytes), at: offset, end: request.end, within: limit)
        } catch {
            refusal = error
        }
        guard refusal.kind == .invalid, let offset else { throw refusal }
        let known = try await source.append(ByteBuffer(), at: nil, end: false, within: .zero)
        guard offset > known.offset, !known.hasEnded else { throw refusal }
        throw Fault(
            .stdinOffset,
            "The input stands at \(known.offset), and bytes before \(offset) are missing.",
            details: ["offset": "\(known.offset)"]
        )
    }

    func signalProcess(_ request: WireSignalProcess, _ deadline: Int64?) async throws -> WireProcessState {
        guard let number = Signal.number(of: request.signal) else {
            throw Fault(
                .invalidRequest,
                "There is no signal '\(request.signal)'.",
                hint: "One of \(Signal.allNames.joined(separator: ", "))."
            )
        }
        return try await control(request.processID, deadline, isRepeatable: false) { source in
            try await source.signal(number)
            return .running(request.processID, source)
        }
    }

    func resizeTerminal(_ request: WireResizeTerminal, _ deadline: Int64?) async throws -> WireProcessState {
        let size = try BoxCommand.Terminal(request.size)
        return try await control(request.processID, deadline, isRepeatable: true) { source in
            try await source.resize(rows: size.rows, columns: size.columns)
            return .running(request.processID, source)
        }
    }

    /// Ends a process and all its descendants; answers once its row says so.
    func cancelProcess(_ request: WireCancelProcess, _ deadline: Int64?) async throws -> WireProcessState {
        let grace = min(max(.zero, .milliseconds(request.graceMs)), Self.longestGrace)
        let process: OwnedProcess
        do {
            process = try await find(request.processID)
        } catch let ended as Ended {
            return WireProcessState(ended.record)
        }
        process.wish(.kill(reason: ProcessEnd.Reason.cancelled))
        do {
            _ = try await control(request.processID, deadline, isRepeatable: true) { source in
                try await source.kill(grace: grace)
            }
        } catch let fault as Fault where fault.code == .processEnded {
            // By itself, meanwhile.
        }
        guard let phase = try await process.ended(within: patience(grace + Self.findPatience, deadline)) else {
            throw Fault(.outputStalled, "It was killed; its last output cannot be stored at the moment.", retryAfter: 2)
        }
        // Whoever owns it now does it again.
        guard case .ended(let record) = phase else { throw Fault.moving }
        return WireProcessState(record)
    }
}
