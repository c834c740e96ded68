import BoxClient
import Bus
import Model
import NATSClient
import NIOCore
import SwiftProtobuf
import Wire

/// Answers what arrives on this run's subject.
final class AgentServer: Sendable {
    /// A body of 256 KiB, and a little.
    private static let largestRequest = 320 << 10
    /// An answer has to come within thirty seconds.
    private static let longestOperation = Duration.seconds(28)
    /// How far the clock of the fleet may be off here, which is told in whole seconds.
    private static let clockError: Int64 = 1000

    let host: SandboxHost
    let gate = OperationGate()
    private let status: AgentStatus
    private let clock: FleetClock
    private let replies: ReplyWriter
    private let seen = SeenReplies()

    init(host: SandboxHost, status: AgentStatus, clock: FleetClock) {
        self.host = host
        self.status = status
        self.clock = clock
        replies = ReplyWriter { error in status.failed("An answer was not sent: \(error)") }
    }

    /// Called by the bus library, so it only looks and enqueues.
    func receive(_ message: NATSMessage, on line: Line) {
        let connection = line.requests
        guard let reply = message.reply, seen.isNew(reply) else { return }
        if message.payload.readableBytes <= 16, let request = try? decode(message), case .ping? = request.operation {
            return replies.sendLater(.success(.with { $0.done = WireAgentDone() }), to: reply, on: connection, .ping)
        }
        func refuse(_ fault: Fault) { replies.sendLater(.failure(fault), to: reply, on: connection, .ordinary) }
        guard message.payload.readableBytes <= Self.largestRequest else {
            return refuse(Fault(.bodyTooLarge, "A request has at most \(Self.largestRequest) bytes."))
        }
        let deadline = message.headers["Sandfleet-Deadline"].flatMap { Int64($0) }
        guard !isOver(deadline) else { return }
        let limit = host.configuration.maximumOperations
        guard let place = gate.enter(limit: limit) else {
            return refuse(
                Fault(
                    .overloaded,
                    "\(limit) operations run on this machine, as many as it does at a time.",
                    retryAfter: 1,
                    details: ["setting": "maximumOperations"]
                )
            )
        }
        line.requestBegan()
        host.jobs.enqueue { [self] in
            defer { line.requestEnded() }
            // It may have waited here, and its asker may have gone (rule 4).
            guard !isOver(deadline) else { return place.leave() }
            let answer = await answer(message, deadline, place)
            await replies.send(answer, to: reply, on: connection) { place.leave() }
        }
    }

    private func isOver(_ deadline: Int64?) -> Bool { deadline.map { $0 + Self.clockError <= clock.now } ?? false }

    private func decode(_ message: NATSMessage) throws -> WireAgentRequest {
        try WireAgentRequest(serializedBytes: Array(buffer: message.payload))
    }

    private func answer(
        _ message: NATSMessage,
        _ deadline: Int64?,
        _ place: OperationGate.Place
    ) async -> Result<WireAgentReply, Fault> {
        let began = ContinuousClock.now
        let request: WireAgentRequest
        do {
            request = try decode(message)
        } catch {
            return .failure(Fault(.invalidRequest, "The body is not a request to an agent."))
        }
        if case .pull(let pull)? = request.operation, pull.waitMs > 0 { place.beginWaiting() }
        let answer: Result<WireAgentReply, Fault>
        do {
            let left = deadline.map { Duration.milliseconds($0 + Self.clockError - clock.now) } ?? Self.longestOperation
            answer = .success(
                try await withDeadline(min(left, Self.longestOperation)) { [self] in try await perform(request) }
            )
        } catch let fault as Fault {
            answer = .failure(fault)
        } catch let error as BoxError where error.code == .outsideRoot {
            answer = .failure(Denial.root("The path leads out of the directory that sandboxes work in."))
        } catch let error as BoxError where error.code == .processLimit {
            answer = .failure(Denial.processes(host.configuration.maximumProcesses))
        } catch let error as BoxError {
            answer = .failure(Fault(error))
        } catch let error as AgentError {
            status.failed(error.message)
            answer = .failure(Fault(.providerFailed, error.message, hint: error.advice))
        } catch {
            status.failed("An operation failed: \(error)")
            answer = .failure(Fault(.internal, "The agent failed at it."))
        }
        record(request, answer, took: ContinuousClock.now - began)
        return answer
    }
}
