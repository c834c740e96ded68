import Model
import NIOConcurrencyHelpers
import SwiftProtobuf
import Wire

/// One life of what holds a sandbox's processes on its machine, as one owner asks it.
///
/// It outlives the agent's runs: with each new run it is looked whether it is still the same. A machine that is silent
/// closes nothing; another keeper does, for what ran in the one before is lost.
final class Keeper: Sendable {
    /// How long a machine may take to find or start it.
    static let openLimit = Duration.seconds(30)

    private struct Shared {
        var instance: AgentInstanceID
        var check: (instance: AgentInstanceID, task: Task<Void, any Error>)?
    }

    let id: String
    let place: AgentPlace
    let isFresh: Bool
    /// Why the one before is no more, in one of our words.
    let lostReason: String?
    private let caller: AgentCaller
    private let latch = ClosingLatch()
    private let shared: NIOLockedValueBox<Shared>

    private init(
        _ opened: WireAgentOpened,
        by instance: AgentInstanceID,
        _ place: AgentPlace,
        _ caller: AgentCaller
    ) {
        id = opened.keeperID
        isFresh = opened.isFresh
        lostReason = opened.knownReason
        self.place = place
        self.caller = caller
        shared = NIOLockedValueBox(Shared(instance: instance))
    }

    /// Finds the sandbox's keeper, or has one started.
    static func open(
        _ place: AgentPlace,
        environment: [String: String],
        _ caller: AgentCaller
    ) async throws(SelfHostedFailure) -> Keeper {
        // One name for all attempts at it: an answer that is lost is given again.
        let attempt = caller.newID()
        let request = place.request {
            $0.open = .with { open in
                open.directory = place.directory
                open.env = environment
                open.attempt = attempt
                open.withoutNetwork = place.withoutNetwork
            }
        }
        let asked = NIOLockedValueBox<AgentInstanceID?>(nil)
        let answer = try await caller.call(request, of: place.agent, .within(openLimit)) {
            target throws(SelfHostedFailure) in asked.withLockedValue { $0 = target.instance }
        }
        guard case .opened(let opened) = answer.result, let instance = asked.withLockedValue({ $0 }) else {
            throw .notUnderstood
        }
        return Keeper(opened, by: instance, place, caller)
    }

    /// The name of a file that is written.
    func newHandle() -> String { caller.newID() }

    var capabilities: WireAgentCapabilities? { caller.directory.capabilities(of: place.agent) }

    /// Asks the machine something about what this keeper holds.
    func call(
        _ patience: Patience,
        _ operation: (inout WireAgentRequest) -> Void
    ) async throws(SelfHostedFailure) -> AgentCaller.Answer {
        if let reason = latch.reason { throw reason }
        do throws(SelfHostedFailure) {
            return try await caller.call(place.request(operation), of: place.agent, patience) {
                target throws(SelfHostedFailure) in try await self.confirm(target)
            }
        } catch {
            if case .keeperEnded = error { latch.close(error) }
            throw error
        }
    }

    /// Waits until the machine is there, and is sure that this is still its keeper.
    func confirm(_ patience: Patience) async throws(SelfHostedFailure) {
        if let reason = latch.reason { throw reason }
        try await confirm(try await caller.target(place.agent, patience))
    }

    func waitUntilClosed() async { await latch.wait() }

    /// This owner asks no more; the keeper lives on.
    func detach() { latch.close(.detached) }

    // MARK: New runs of the agent

    /// Another run of the agent finds the keeper by its own records: it is asked for it once.
    private func confirm(_ target: AgentTarget) async throws(SelfHostedFailure) {
        if let reason = latch.reason { throw reason }
        let check = shared.withLockedValue { shared -> Task<Void, any Error>? in
            guard shared.instance != target.instance else { return nil }
            if let check = shared.check, check.instance == target.instance { return check.task }
            // Shared by all who ask meanwhile, so no one of them may cancel it.
            let task = Task { try await self.look(for: target.instance) }
            shared.check = (target.instance, task)
            return task
        }
        guard let check else { return }
        do {
            try await check.value
        } catch {
            throw error as? SelfHostedFailure ?? .cancelled
        }
    }

    private func look(for expected: AgentInstanceID) async throws(SelfHostedFailure) {
        defer {
            shared.withLockedValue { shared in
                if shared.check?.instance == expected { shared.check = nil }
            }
        }
        let asked = NIOLockedValueBox(expected)
        do throws(SelfHostedFailure) {
            // Whatever is asked about a keeper that has ended says so, and starts none.
            let request = place.request { $0.processes = WireAgentProcesses() }
            _ = try await caller.call(request, of: place.agent, .within(Self.openLimit)) {
                target throws(SelfHostedFailure) in asked.withLockedValue { $0 = target.instance }
            }
        } catch {
            if case .keeperEnded = error { latch.close(error) }
            throw error
        }
        shared.withLockedValue { $0.instance = asked.withLockedValue { $0 } }
    }
}

extension WireAgentOpened {
    /// A machine says what it likes; what is written down is one of our words.
    fileprivate var knownReason: String? {
        ProcessEnd.Reason.ofMachines.first { $0 == lostReason }
    }
}
