import Logging
package import Model
import NATSClient
import NIOConcurrencyHelpers
import NIOCore
import SwiftProtobuf
package import Wire

/// Asks sandboxes, providers and workers.
package struct BusClient: Sendable {
    /// How often the caller of a long operation shows that it is still there, and asks whether the owner still works on it.
    package static let pollInterval = Duration.seconds(5)

    let bus: Bus
    /// How long an acquisition may stay unanswered before it is asked for once more.
    let acquisitionPatience: Duration
    private let epochs = EpochMemory()

    package init(bus: Bus, acquisitionPatience: Duration = .seconds(3)) {
        self.bus = bus
        self.acquisitionPatience = acquisitionPatience
    }

    package var isConnected: Bool { bus.isConnected }

    /// Asks the owner of a sandbox.
    ///
    /// With a deadline in the context the wait ends there. Without one it lasts as long as the owner says that it works on
    /// the operation. A cancelled task cancels the operation, unless that is about a process: those outlive their callers.
    ///
    /// - Throws: `BusError`; `noResponders` proves that nobody got the request.
    package func ask(
        _ request: WireSandboxRequest,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        context: CallContext
    ) async throws -> WireSandboxReply {
        let subject = Subject.sandbox(workspace, sandbox)
        let reply: WireSandboxReply
        do {
            if let deadline = context.deadline {
                reply = try await bus.request(subject, request, context: context, timeout: deadline - .now)
            } else {
                reply = try await watch(request, subject, context)
            }
        } catch is CancellationError {
            if request.endsWithItsCaller { cancel(request.operationID, subject, context) }
            throw CancellationError()
        }
        guard epochs.accepts(reply.epoch, of: sandbox) else {
            // A superseded owner answered; whether it did anything is not known.
            throw BusError(.unknown, Fault(.leaseLost, "An owner that was superseded answered.", retryAfter: 1))
        }
        return reply
    }

    /// Asks a worker of a provider, on one host where it is bound to one, for work that needs no sandbox's owner.
    package func upkeep(
        _ request: WireUpkeepRequest,
        provider: String,
        placement: String?,
        context: CallContext
    ) async throws -> WireUpkeepReply {
        try await bus.request(
            Subject.upkeep(provider: provider, placement: placement),
            request,
            context: context,
            timeout: context.deadline.map { $0 - .now } ?? .seconds(120)
        )
    }

    /// Asks one worker incarnation.
    package func ask(
        _ request: WireWorkerRequest,
        worker: WorkerID,
        context: CallContext
    ) async throws -> WireWorkerReply {
        let timeout = context.deadline.map { $0 - .now } ?? .seconds(30)
        return try await bus.request(Subject.worker(worker), request, context: context, timeout: timeout)
    }

    /// Opens this end of a tunnel; put its id into the request that the other end learns of it by.
    package func openTunnel(workspace: WorkspaceID) async throws -> Tunnel {
        do {
            return try await Tunnel.open(bus, workspace: workspace)
        } catch let error as NATSError {
            throw BusError(error)
        }
    }

    /// Waits for the answer of a long operation, polling its owner: either side learns within seconds that the other is gone.
    ///
    /// Most are answered before the first poll, and cost no task and no timer of their own.
    private func watch(
        _ request: WireSandboxRequest,
        _ subject: String,
        _ context: CallContext
    ) async throws -> WireSandboxReply {
        let polls = OperationPolls()
        defer { polls.end() }
        let silence = RequestSilence(after: Self.pollInterval) { pending in
            polls.begin {
                guard (try? await pollUntilLost(request.operationID, subject, context)) != nil else { return }
                pending.fail(
                    BusError(
                        .unknown,
                        Fault(
                            .outcomeUnknown,
                            "The worker that ran this has gone; how it ended is not known.",
                            details: ["operationId": request.operationID]
                        )
                    )
                )
            }
        }
        return try await bus.request(
            subject,
            request,
            context: context,
            timeout: .seconds(7 * 24 * 3600),
            silence: silence
        )
    }

    /// Returns when the owner answers that it does not know the operation, or twice in a row nobody is there, and an answer
    /// that was on its way would have come; throws when it is cancelled.
    private func pollUntilLost(_ operation: String, _ subject: String, _ context: CallContext) async throws {
        var poll = WireSandboxRequest()
        poll.poll = .with { $0.operationID = operation }
        var absences = 0
        while true {
            do {
                let reply: WireSandboxReply = try await bus.request(
                    subject,
                    poll,
                    context: CallContext(requestID: context.requestID, deadline: .now + .seconds(5)),
                    timeout: .seconds(5)
                )
                absences = reply.operation.running ? 0 : 2
            } catch let error as BusError where error.code == .noResponders {
                absences += 1
            } catch is BusError {
                // Slow or cut off: no proof of anything.
            }
            guard absences < 2 else { return try await Task.sleep(for: .milliseconds(500)) }
            try await Task.sleep(for: Self.pollInterval)
        }
    }

    private func cancel(_ operation: String, _ subject: String, _ context: CallContext) {
        guard !operation.isEmpty else { return }
        var request = WireSandboxRequest()
        request.cancel = .with { $0.operationID = operation }
        do {
            try bus.connection.publish(
                subject: subject,
                headers: [Header.requestID: context.requestID],
                payload: ByteBuffer(bytes: try request.serializedBytes() as [UInt8])
            )
        } catch {
            // The owner cancels by itself once nobody polls.
            bus.logger.debug("cancellation not sent", metadata: ["operation": "\(operation)", "error": "\(error)"])
        }
    }
}

extension WireSandboxRequest {
    /// Whether nothing is left to do once nobody waits for the answer.
    fileprivate var endsWithItsCaller: Bool {
        switch operation {
        case .run, .startProcess, .writeStdin, .signalProcess, .cancelProcess, .resizeTerminal: false
        default: true
        }
    }
}

/// The highest epoch seen of each sandbox, so that a superseded owner's answer is told from its successor's (rule 6).
private final class EpochMemory: Sendable {
    private static let capacity = 65_536
    private let highest = NIOLockedValueBox<[SandboxID: UInt64]>([:])

    func accepts(_ epoch: UInt64, of sandbox: SandboxID) -> Bool {
        highest.withLockedValue { highest in
            if let known = highest[sandbox], known >= epoch { return known == epoch }
            // Forgetting only loses a precaution: the store's fence is what decides.
            if highest.count >= Self.capacity { highest.removeAll(keepingCapacity: true) }
            highest[sandbox] = epoch
            return true
        }
    }
}
