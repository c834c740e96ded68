package import Bus
import Logging
package import Model
import NATSClient
import NIOConcurrencyHelpers
import NIOCore
import SwiftProtobuf
import Wire

/// Hears the beats of all agents, and wakes whoever waits for one.
package final class AgentDirectory: Sendable {
    /// How long an agent may be silent before it counts as absent.
    package static let window = Duration.seconds(120)

    private struct Waiter {
        var isWaiting: @Sendable (AgentRoll) -> Bool
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct Shared {
        var roll: AgentRoll
        var waiters: [AgentID: [UInt64: Waiter]] = [:]
        var lastWaiter: UInt64 = 0
        var subscription: NATSSubscription?
        var watch: Task<Void, Never>?
    }

    private let bus: Bus
    private let recollect: AgentRecollection.Source
    private let shared: NIOLockedValueBox<Shared>

    private init(_ bus: Bus, _ roll: AgentRoll, _ recollect: @escaping AgentRecollection.Source) {
        self.bus = bus
        self.recollect = recollect
        shared = NIOLockedValueBox(Shared(roll: roll))
    }

    /// Begins to listen; returns once the server knows of it.
    ///
    /// - Parameters:
    ///   - firstBeat: How long one of which nobody knows anything may take to be heard.
    ///   - recollect: Asked, once in each time of listening, about who was not heard yet.
    package static func open(
        _ bus: Bus,
        window: Duration = window,
        firstBeat: Duration = AgentRoll.firstBeat,
        recollect: @escaping AgentRecollection.Source
    ) async throws -> AgentDirectory {
        let directory = AgentDirectory(bus, AgentRoll(window: window, firstBeat: firstBeat), recollect)
        let subscription = try bus.connection.subscribe(subject: Subject.anyBeat, delivery: .latest(65_536)) {
            [weak directory] message in
            directory?.receive(message)
        }
        do {
            try await bus.connection.flush()
        } catch let error as NATSError {
            bus.logger.notice("agents are not heard yet", metadata: ["error": "\(error)"])
        }
        let states = bus.connection.stateChanges
        let watch = Task { [weak directory] in
            for await state in states { directory?.moved(to: state) }
        }
        directory.shared.withLockedValue { shared in
            shared.subscription = subscription
            shared.watch = watch
        }
        return directory
    }

    package func close() {
        let (subscription, watch) = shared.withLockedValue { shared in
            defer {
                shared.subscription = nil
                shared.watch = nil
            }
            return (shared.subscription, shared.watch)
        }
        subscription?.unsubscribe()
        watch?.cancel()
    }

    package func presence(of agent: AgentID) -> AgentPresence {
        shared.withLockedValue { $0.roll.presence(of: agent, at: .now) }
    }

    func capabilities(of agent: AgentID) -> WireAgentCapabilities? {
        shared.withLockedValue { $0.roll.capabilities(of: agent) }
    }

    func standing(of agent: AgentID) -> AgentRoll.Standing {
        shared.withLockedValue { $0.roll.standing(of: agent, at: .now) }
    }

    /// Asks the database about an agent that this process has not heard: it may have been heard before we were there.
    func recall(_ agent: AgentID) async {
        guard shared.withLockedValue({ $0.roll.needsRecollection(of: agent) }) else { return }
        do {
            let recollection = try await recollect(agent)
            change(of: agent) { roll in
                roll.recall(recollection, of: agent, at: .now)
                return true
            }
        } catch {
            // It is asked again by whoever asks next; until then one beat is waited for.
            bus.logger.notice(
                "not known when an agent was heard",
                metadata: ["agent": "\(agent)", "error": "\(error)"]
            )
        }
    }

    func doubt(_ target: AgentTarget) {
        shared.withLockedValue { $0.roll.doubt(target) }
    }

    // MARK: Hearing

    /// On a thread of the bus library, for every beat of the fleet.
    private func receive(_ message: NATSMessage) {
        let tokens = message.subject.split(separator: ".")
        guard tokens.count == 4, let workspace = WorkspaceID(String(tokens[1])), let agent = AgentID(String(tokens[2]))
        else { return }
        let beat: WireAgentBeat
        do {
            beat = try WireAgentBeat(serializedBytes: Array(buffer: message.payload))
        } catch {
            bus.logger.notice("beat of an agent not understood", metadata: ["agent": "\(agent)"])
            return
        }
        change(of: agent) { $0.hear(beat, of: agent, in: workspace, at: .now) }
    }

    private func moved(to state: NATSConnectionState) {
        change(of: nil) { roll in
            if state == .connected { roll.beginListening(at: .now) } else { roll.endListening(at: .now) }
            return true
        }
    }

    /// - Parameter agent: Whom it is about; nil is everybody.
    private func change(of agent: AgentID?, _ change: (inout AgentRoll) -> Bool) {
        let woken = shared.withLockedValue { shared in
            guard change(&shared.roll) else { return [Waiter]() }
            var woken: [Waiter] = []
            for key in agent.map({ [$0] }) ?? Array(shared.waiters.keys) {
                guard let waiters = shared.waiters[key] else { continue }
                let rest = waiters.filter { $0.value.isWaiting(shared.roll) }
                if rest.count < waiters.count {
                    woken += waiters.filter { rest[$0.key] == nil }.values
                    shared.waiters[key] = rest.isEmpty ? nil : rest
                }
            }
            return woken
        }
        for waiter in woken { waiter.continuation.resume() }
    }

    // MARK: Waiting

    /// Returns when something heard of the agent, or of our own connection, ends the wait.
    ///
    /// - Throws: `CancellationError`.
    func wait(for agent: AgentID, while isWaiting: @escaping @Sendable (AgentRoll) -> Bool) async throws {
        let key = shared.withLockedValue { shared in
            shared.lastWaiter += 1
            return shared.lastWaiter
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let outcome = shared.withLockedValue { shared -> Result<Void, any Error>? in
                    guard isWaiting(shared.roll) else { return .success(()) }
                    // Under the lock: a cancellation after this line finds the waiter.
                    if Task.isCancelled { return .failure(CancellationError()) }
                    shared.waiters[agent, default: [:]][key] = Waiter(isWaiting: isWaiting, continuation: continuation)
                    return nil
                }
                if let outcome { continuation.resume(with: outcome) }
            }
        } onCancel: {
            let waiter = shared.withLockedValue { shared in
                defer { if shared.waiters[agent]?.isEmpty ?? false { shared.waiters[agent] = nil } }
                return shared.waiters[agent]?.removeValue(forKey: key)
            }
            waiter?.continuation.resume(throwing: CancellationError())
        }
    }

    /// The same, until an instant at the latest.
    func wait(
        for agent: AgentID,
        until limit: ContinuousClock.Instant,
        while isWaiting: @escaping @Sendable (AgentRoll) -> Bool
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.wait(for: agent, while: isWaiting) }
            group.addTask { try await Task.sleep(until: limit, clock: .continuous) }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
