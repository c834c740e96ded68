import Bus
import Model
import NATSClient
import Ownership
import ProviderKit
import ServiceHost
import SwiftProtobuf
import Wire

/// The subjects on which a worker is asked for leases, and for itself.
struct WorkerEndpoints: Sendable {
    static let queueGroup = "workers"
    /// Shorter than an asker's patience with whoever was handed the request.
    private static let ownerPatience = Duration.seconds(2)

    let keepers: [LeaseKeeper]
    let identity: WorkerIdentity
    let bus: Bus
    let dispatcher: Dispatcher
    private let acquisitions = EndpointStatistics(
        name: "acquire",
        subject: Subject.anyAcquire,
        queueGroup: queueGroup
    )
    private let upkeep = EndpointStatistics(
        name: "upkeep",
        subject: Subject.upkeep(provider: "*"),
        queueGroup: queueGroup
    )
    private let control: EndpointStatistics

    init(keepers: [LeaseKeeper], identity: WorkerIdentity, bus: Bus, dispatcher: Dispatcher) {
        self.keepers = keepers
        self.identity = identity
        self.bus = bus
        self.dispatcher = dispatcher
        control = EndpointStatistics(name: "worker", subject: Subject.worker(identity.id))
    }

    var statistics: [EndpointStatistics] { keepers.map(\.statistics) + [acquisitions, upkeep, control] }

    func open() throws -> [NATSSubscription] {
        var subscriptions: [NATSSubscription] = []
        for keeper in keepers {
            let provider = keeper.driver.descriptor.name
            var subjects = [Subject.acquire(provider: provider)]
            if let placement = keeper.driver.binding.placement {
                subjects.append(Subject.acquire(provider: provider, placement: placement))
            }
            for subject in subjects {
                subscriptions.append(try serveAcquisitions(on: subject, by: keeper))
            }
            var upkeeps = [Subject.upkeep(provider: provider)]
            if let placement = keeper.driver.binding.placement {
                upkeeps.append(Subject.upkeep(provider: provider, placement: placement))
            }
            for subject in upkeeps { subscriptions.append(try serveUpkeep(on: subject, by: keeper)) }
        }
        subscriptions.append(
            try bus.serve(
                Subject.worker(identity.id),
                statistics: control,
                dispatcher: dispatcher,
                fault: { Fault.describing($0) },
                handler: { [self] (call: IncomingCall<WireWorkerRequest>) in try await answer(call.request) }
            )
        )
        return subscriptions
    }

    private func serveUpkeep(on subject: String, by keeper: LeaseKeeper) throws -> NATSSubscription {
        let endpoint = UpkeepEndpoint(keeper: keeper)
        return try bus.serve(
            subject,
            queue: Self.queueGroup,
            statistics: upkeep,
            dispatcher: dispatcher,
            fault: { Fault.describing($0) },
            handler: { (call: IncomingCall<WireUpkeepRequest>) -> WireUpkeepReply in try await endpoint.answer(call) }
        )
    }

    private func serveAcquisitions(on subject: String, by keeper: LeaseKeeper) throws -> NATSSubscription {
        try bus.serve(
            subject,
            queue: Self.queueGroup,
            statistics: acquisitions,
            dispatcher: dispatcher,
            fault: { Fault.describing($0) },
            handler: { (call: IncomingCall<WireAcquireRequest>) in
                try await ask(call.request, ofOwnerIn: try await acquire(call.request, by: keeper), for: keeper)
            }
        )
    }

    private func acquire(_ request: WireAcquireRequest, by keeper: LeaseKeeper) async throws -> WireAcquireReply {
        guard let workspace = WorkspaceID(request.workspaceID), let sandbox = SandboxID(request.sandboxID) else {
            throw Fault(.invalidRequest, "workspace_id and sandbox_id have to be ids.")
        }
        do {
            return try await keeper.acquire(sandbox, in: workspace)
        } catch is NoLease {
            throw Fault.leaseLost
        }
    }

    /// Another worker that has the lease may not know of it, for the answer to its acquisition was lost.
    private func ask(
        _ request: WireAcquireRequest,
        ofOwnerIn reply: WireAcquireReply,
        for keeper: LeaseKeeper
    ) async throws -> WireAcquireReply {
        guard reply.outcome == .owned, let owner = WorkerID(reply.owner), owner != identity.id else { return reply }
        var request = request
        request.provider = keeper.driver.descriptor.name
        do {
            let answer = try await BusClient(bus: bus)
                .ask(
                    .with { $0.acquire = request },
                    worker: owner,
                    context: CallContext(requestID: OperationID.now().rawValue, deadline: .now + Self.ownerPatience)
                )
            // A worker of a former version only says that it is there.
            return answer.hasAcquired ? answer.acquired : reply
        } catch let error as BusError where error.code != .remote {
            // It is away, or at work on it.
            return reply
        }
    }

    private func answer(_ request: WireWorkerRequest) async throws -> WireWorkerReply {
        var reply = WireWorkerReply()
        reply.workerID = identity.id.rawValue
        reply.sandboxes = UInt32(keepers.map(\.holdings.count).reduce(0, +))
        if case .acquire(let request) = request.operation {
            guard let keeper = keepers.first(where: { $0.driver.descriptor.name == request.provider }) else {
                throw Fault(.invalidRequest, "This worker does not serve the provider that is named.")
            }
            reply.acquired = try await acquire(request, by: keeper)
        }
        return reply
    }
}
