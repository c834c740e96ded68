import Bus
import Logging
import Model
import Wire

/// Asks agents, again and again, until there is an answer or no time left.
///
/// Everything that agents do may be asked again under the same names, so an attempt whose answer is lost costs time only.
struct AgentCaller: Sendable {
    /// Before an attempt that would begin right after one that failed at once.
    private static let breath = Duration.milliseconds(20)
    private static let longestPause = Duration.seconds(2)

    /// An answer, and whether an earlier attempt may have done it already.
    struct Answer: Sendable {
        var result: WireAgentReply.OneOf_Result?
        var isRepeated: Bool
    }

    let bus: Bus
    let directory: AgentDirectory

    /// - Parameter prepare: Runs before an attempt, with the run of the agent that it goes to.
    func call(
        _ request: WireAgentRequest,
        of agent: AgentID,
        _ patience: Patience,
        prepare: (AgentTarget) async throws(SelfHostedFailure) -> Void = { _ throws(SelfHostedFailure) in }
    ) async throws(SelfHostedFailure) -> Answer {
        var wasSent = false
        var pause = Duration.milliseconds(100)
        while true {
            let target = try await target(agent, patience, wasSent: wasSent)
            do throws(SelfHostedFailure) {
                try await prepare(target)
            } catch {
                throw wasSent && error.saysNothingWasDone ? .unanswered : error
            }
            guard let limit = patience.next else { throw .unanswered }
            switch await attempt(request, target, limit) {
            case .answered(let reply):
                return Answer(result: reply.result, isRepeated: wasSent)
            case .notDelivered:
                directory.doubt(target)
            case .lost:
                wasSent = true
            case .broken(let mayHaveArrived):
                wasSent = wasSent || mayHaveArrived
                try await rest(Self.breath, patience)
            case .refused(.unanswered):
                wasSent = true
                try await rest(Self.breath, patience)
            case .refused(.overloaded(let seconds)):
                let wished = max(seconds.map { .seconds($0) } ?? .zero, pause)
                guard patience.deadline.map({ .now + wished < $0 }) ?? true else {
                    throw wasSent ? .unanswered : .overloaded(after: seconds)
                }
                try await rest(wished, patience)
                pause = min(pause * 2, Self.longestPause)
            case .refused(.file(.fileNotFound, _)) where wasSent && request.endsInAbsence:
                return Answer(result: .done(WireAgentDone()), isRepeated: true)
            case .refused(let failure):
                throw wasSent && failure.saysNothingWasDone ? .unanswered : failure
            case .cancelled:
                throw .cancelled
            }
        }
    }

    /// A name that nobody has chosen before.
    func newID() -> String {
        var random = SystemRandomNumberGenerator()
        return OperationID(at: UInt64(max(0, bus.clock.now)), using: &random).rawValue
    }

    // MARK: One attempt

    private enum Outcome {
        case answered(WireAgentReply)
        case notDelivered
        /// There was no answer, and none will come.
        case lost
        /// Our own connection is down.
        case broken(mayHaveArrived: Bool)
        case refused(SelfHostedFailure)
        case cancelled
    }

    /// Ends without an answer as soon as another run of the agent is heard: this one will not give it.
    private func attempt(_ request: WireAgentRequest, _ target: AgentTarget, _ limit: Duration) async -> Outcome {
        await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await send(request, target, limit) }
            group.addTask {
                do {
                    try await directory.wait(for: target.agent) { $0.instance(of: target.agent) == target.instance }
                    return .lost
                } catch {
                    return .cancelled
                }
            }
            defer { group.cancelAll() }
            return await group.next() ?? .cancelled
        }
    }

    private func send(_ request: WireAgentRequest, _ target: AgentTarget, _ limit: Duration) async -> Outcome {
        do {
            return .answered(
                try await bus.ask(
                    request,
                    workspace: target.workspace,
                    agent: target.agent,
                    instance: target.instance,
                    requestID: newID(),
                    isBulk: request.isBulk,
                    timeout: limit
                )
            )
        } catch let error as BusError {
            return switch error.code {
            case .noResponders: .notDelivered
            case .timeout: .lost
            case .disconnected: .broken(mayHaveArrived: false)
            case .unknown: .broken(mayHaveArrived: true)
            case .remote: .refused(SelfHostedFailure(error.fault))
            }
        } catch is CancellationError {
            return .cancelled
        } catch {
            return .refused(.failed("The request could not be sent."))
        }
    }

    // MARK: Waiting

    /// The run of the agent to ask, waited for as far as the patience goes.
    func target(
        _ agent: AgentID,
        _ patience: Patience,
        wasSent: Bool = false
    ) async throws(SelfHostedFailure) -> AgentTarget {
        while true {
            await directory.recall(agent)
            let end: ContinuousClock.Instant?
            var waitsToHear = false
            switch directory.standing(of: agent) {
            case .reachable(let target): return target
            case .awaited(let limit):
                end = [limit, patience.deadline].compactMap { $0 }.min()
                waitsToHear = limit == nil
            case .absent:
                guard patience.outlastsAbsence else { throw wasSent ? .unanswered : .absent }
                end = patience.deadline
            }
            if let deadline = patience.deadline, deadline <= .now {
                // Of whom we could not have heard we say nothing.
                if case .awaited(until: nil) = directory.standing(of: agent) { throw .busUnavailable }
                throw wasSent ? .unanswered : .absent
            }
            do {
                let isWaiting: @Sendable (AgentRoll) -> Bool = { [waitsToHear] roll in
                    // Once somebody can be heard, there is a limit to the wait.
                    if waitsToHear, roll.isListening { return false }
                    return if case .reachable = roll.standing(of: agent, at: .now) { false } else { true }
                }
                if let end {
                    try await directory.wait(for: agent, until: end, while: isWaiting)
                } else {
                    try await directory.wait(for: agent, while: isWaiting)
                }
            } catch {
                throw .cancelled
            }
        }
    }

    private func rest(_ duration: Duration, _ patience: Patience) async throws(SelfHostedFailure) {
        let end = ContinuousClock.now + duration
        do {
            try await Task.sleep(until: patience.deadline.map { min($0, end) } ?? end, clock: .continuous)
        } catch {
            throw .cancelled
        }
    }
}

extension WireAgentRequest {
    /// Whether bytes of files or streams come with it, or with its answer.
    fileprivate var isBulk: Bool {
        switch operation {
        case .pull, .append, .read, .write: true
        default: false
        }
    }

    /// Whether what it names is not there any more once it was done.
    fileprivate var endsInAbsence: Bool {
        switch operation {
        case .remove: true
        default: false
        }
    }
}
