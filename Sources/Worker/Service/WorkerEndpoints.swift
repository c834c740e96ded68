import Bus
import Model
import NATSClient
import Ownership
import ProviderKit
import SwiftProtobuf
import Wire

/// The subjects on which a worker is asked for leases, and for itself.
struct WorkerEndpoints: Sendable {
    static let queueGroup = "workers"

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
                handler: { [keepers, identity] (_: IncomingCall<WireWorkerRequest>) -> WireWorkerReply in
                    .with {
                        $0.workerID = identity.id.rawValue
                        $0.sandboxes = UInt32(keepers.map(\.holdings.count).reduce(0, +))
                    }
                }
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
            handler: { (call: IncomingCall<WireAcquireRequest>) -> WireAcquireReply in
                guard let workspace = WorkspaceID(call.request.workspaceID),
                    let sandbox = SandboxID(call.request.sandboxID)
                else { throw Fault(.invalidRequest, "workspace_id and sandbox_id have to be ids.") }
                do {
                    return try await keeper.acquire(sandbox, in: workspace)
                } catch is NoLease {
                    throw Fault.leaseLost
                }
            }
        )
    }
}
