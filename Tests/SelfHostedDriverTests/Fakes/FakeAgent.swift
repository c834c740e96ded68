import Bus
import Foundation
import Logging
import Model
import NATSClient
import NIOConcurrencyHelpers
import NIOCore
import ServiceHost
import SwiftProtobuf
import Wire

@testable import SelfHostedDriver

/// A user's machine that does what a test says: an agent's side of the messages, over a real broker.
///
/// What a keeper holds outlives the agent's runs; handles of files do not.
final class FakeAgent: Sendable {
    struct Machine {
        var keeperID: String?
        /// The wish that the keeper was started for.
        var attempt: String?
        var lostReason = ""
        var highestEpoch: UInt64 = 0
        var processes: [String: FakeProgram] = [:]
        var files: [String: Data] = [:]
        var handles: [String: String] = [:]
        var written: [String: [UInt64: Data]] = [:]
        var committed: [String: WireFileInfo] = [:]
        var counts: [String: Int] = [:]
        /// How many of the next answers are lost after the work was done.
        var lostAnswers = 0
        /// How many of the next requests are refused.
        var refusals: [Fault] = []
        var isSilent = false
        var longestDelay = 0
    }

    let bus: Bus
    let workspace = WorkspaceID.now()
    let id = AgentID.now()
    let machine = NIOLockedValueBox(Machine())
    let bell = NewsBell()
    private let dispatcher: Dispatcher
    private let run = NIOLockedValueBox<(instance: AgentInstanceID, sequence: UInt64, subscription: NATSSubscription?)>(
        (AgentInstanceID.now(), 0, nil)
    )

    init(_ bus: Bus, _ dispatcher: Dispatcher) {
        self.bus = bus
        self.dispatcher = dispatcher
    }

    // MARK: Runs

    /// Starts a run of the agent: it listens, then it is heard.
    func start() async throws {
        let instance = AgentInstanceID.now()
        let subscription = try bus.serve(
            Subject.agent(workspace, id, instance),
            statistics: EndpointStatistics(name: "agent", subject: Subject.anyAgent),
            dispatcher: dispatcher,
            fault: { $0 as? Fault ?? Fault(.internal, "\($0)") },
            handler: { [self] (call: IncomingCall<WireAgentRequest>) in try await answer(call.request) }
        )
        run.withLockedValue { $0 = (instance, 0, subscription) }
        try await bus.connection.flush()
        try beat()
    }

    /// As SIGKILL would: nothing is said, nothing is answered any more.
    func kill() async throws {
        run.withLockedValue { $0.subscription }?.unsubscribe()
        machine.withLockedValue { $0.handles = [:] }
        try await bus.connection.flush()
    }

    func beat(leaving: Bool = false) throws {
        let beat = run.withLockedValue { run in
            run.sequence += 1
            return WireAgentBeat.with { beat in
                beat.instance = run.instance.rawValue
                beat.sequence = run.sequence
                beat.leaving = leaving
                beat.capabilities = .with {
                    $0.exec = true
                    $0.files = true
                }
            }
        }
        try bus.connection.publish(
            subject: Subject.beat(workspace, id),
            payload: ByteBuffer(bytes: try beat.serializedBytes() as [UInt8])
        )
    }

    // MARK: What runs on it

    func emit(_ bytes: [UInt8], isStderr: Bool = false, from process: String) {
        machine.withLockedValue { $0.processes[process]?.emit(bytes, isStderr: isStderr) }
        bell.ring()
    }

    func end(_ process: String, code: Int32) {
        machine.withLockedValue { $0.processes[process]?.exit = .with { $0.code = code } }
        bell.ring()
    }

    /// The machine was started anew: nothing that ran runs.
    func reboot() {
        machine.withLockedValue { machine in
            machine.keeperID = nil
            machine.processes = [:]
            machine.lostReason = "machine_rebooted"
        }
    }

    func count(_ operation: String) -> Int { machine.withLockedValue { $0.counts[operation] ?? 0 } }

    // MARK: Answering

    private func answer(_ request: WireAgentRequest) async throws -> WireAgentReply {
        let name = request.operation.map { String(describing: $0).prefix { $0 != "(" } } ?? ""
        let (refusal, delay) = try machine.withLockedValue { machine -> (Fault?, Int) in
            machine.counts[String(name), default: 0] += 1
            guard !machine.isSilent else { throw NoAnswer() }
            guard request.epoch >= machine.highestEpoch else { throw Fault(.leaseLost, "A later owner was heard.") }
            machine.highestEpoch = request.epoch
            return (machine.refusals.isEmpty ? nil : machine.refusals.removeFirst(), machine.longestDelay)
        }
        if let refusal { throw refusal }
        if delay > 0 { try await Task.sleep(for: .milliseconds(Int.random(in: 0...delay))) }
        let reply = try await perform(request)
        let isLost = machine.withLockedValue { machine in
            guard machine.lostAnswers > 0 else { return false }
            machine.lostAnswers -= 1
            return true
        }
        // The caller's patience ends before the next attempt; a new run of the agent ends it sooner.
        guard !isLost else { throw NoAnswer() }
        return reply
    }

    private func perform(_ request: WireAgentRequest) async throws -> WireAgentReply {
        try machine.withLockedValue { try $0.requireKeeper(for: request) }
        var reply = WireAgentReply()
        switch request.operation {
        case .open:
            reply.opened = machine.withLockedValue { $0.open(request.open) }
        case .close:
            machine.withLockedValue { machine in
                machine.keeperID = nil
                machine.processes = [:]
            }
            reply.done = WireAgentDone()
        case .pull(let pull):
            reply.output = try await output(pull)
        default:
            reply = try machine.withLockedValue { try $0.perform(request) }
        }
        return reply
    }

    private func output(_ pull: WireAgentPull) async throws -> WireAgentOutput {
        try machine.withLockedValue { machine in
            guard machine.processes[pull.processID] != nil else { throw Fault(.processNotFound, "No such process.") }
            try machine.processes[pull.processID]?.store(pull.stdoutOffset, pull.stderrOffset)
        }
        let machine = machine
        try await bell.wait(within: .milliseconds(pull.waitMs)) {
            machine.withLockedValue { machine in
                guard let program = machine.processes[pull.processID] else { return true }
                return program.hasNews(for: pull)
            }
        }
        return try machine.withLockedValue { machine in
            guard let program = machine.processes[pull.processID] else {
                throw Fault(.processNotFound, "No such process.")
            }
            return program.output(for: pull)
        }
    }
}
