package import Bus
import Logging
package import Model
import NIOConcurrencyHelpers
package import ProviderKit
import SwiftProtobuf
import Wire

/// Sandboxes on users' own machines, through the agents there.
///
/// A machine is never made, replaced or emptied here: a box is what holds the sandbox's processes on it, found or started.
package final class SelfHostedDriver: Driver {
    package static let name = "selfhosted"

    package let descriptor = Descriptor.selfHosted
    package let binding = Binding(account: name)
    package let directory: AgentDirectory
    private let caller: AgentCaller
    /// Which attempt's box each sandbox is served by from here: all attempts of one are the same processes.
    private let served = NIOLockedValueBox<[SandboxID: BoxID]>([:])

    private init(_ bus: Bus, _ directory: AgentDirectory) {
        self.directory = directory
        caller = AgentCaller(bus: bus, directory: directory)
    }

    /// Begins to listen to agents.
    ///
    /// - Parameters:
    ///   - window: How long one may be silent before it counts as absent.
    ///   - firstBeat: How long one of which nobody knows anything may take to be heard.
    ///   - recollect: When one was heard that this worker has not heard yet.
    package static func start(
        _ bus: Bus,
        window: Duration = AgentDirectory.window,
        firstBeat: Duration = AgentRoll.firstBeat,
        recollect: @escaping AgentRecollection.Source
    ) async throws -> SelfHostedDriver {
        SelfHostedDriver(
            bus,
            try await AgentDirectory.open(bus, window: window, firstBeat: firstBeat, recollect: recollect)
        )
    }

    package func create(_ creation: BoxCreation) async throws(DriverError) -> any Box {
        guard creation.source == nil else {
            throw DriverError(.unsupported, "A user's own machine is not filled from an archive.")
        }
        guard let agent = creation.spec.agent else {
            throw DriverError(.invalid, "The sandbox names no machine.")
        }
        let place = AgentPlace(
            agent: agent,
            sandbox: creation.tag.sandbox,
            epoch: creation.tag.epoch,
            directory: creation.spec.directory ?? "",
            withoutNetwork: creation.spec.networkPolicy == .none
        )
        return try await open(place, as: creation.tag.box, creation.environment)
    }

    package func resume(_ resumption: BoxResumption) async throws(DriverError) -> any Box {
        let identity = try MachineIdentity(resumption.envelope)
        guard resumption.spec.agent == identity.agent, resumption.sandbox == identity.sandbox else {
            throw DriverError(.invalid, "The envelope names another machine than the sandbox.")
        }
        let place = AgentPlace(
            agent: identity.agent,
            sandbox: identity.sandbox,
            epoch: resumption.epoch,
            directory: resumption.spec.directory ?? "",
            withoutNetwork: resumption.spec.networkPolicy == .none
        )
        return try await open(place, as: identity.box, resumption.environment)
    }

    private func open(
        _ place: AgentPlace,
        as box: BoxID,
        _ environment: [String: String]
    ) async throws(DriverError) -> any Box {
        let keeper = try await mapped { () throws(SelfHostedFailure) in
            try await Keeper.open(place, environment: environment, caller)
        }
        served.withLockedValue { $0[place.sandbox] = box }
        let identity = MachineIdentity(box: box, agent: place.agent, sandbox: place.sandbox)
        return SelfHostedBox(
            envelope: identity.envelope(keeper: keeper.id, account: binding.account),
            keeper: keeper,
            environment: environment
        )
    }

    package func stop(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        try await close(try MachineIdentity(envelope), epoch, .throughAbsence(Keeper.openLimit))
    }

    /// Ends what runs, and forgets the sandbox; what lies on the machine is its user's.
    ///
    /// A machine that counts as absent is not waited for: it may never come back, and what was deleted stays deleted.
    package func delete(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let identity = try MachineIdentity(envelope)
        // An earlier attempt's row: what it may have started is what serves now.
        if let box = served.withLockedValue({ $0[identity.sandbox] }), box != identity.box { return }
        do throws(DriverError) {
            try await close(identity, epoch, .within(Keeper.openLimit))
        } catch {
            // Final for the fleet, though nobody was there to hear it: the agent is told with its next credentials.
            guard error.kind == .agentOffline, directory.presence(of: identity.agent) == .offline else { throw error }
        }
    }

    private func close(_ identity: MachineIdentity, _ epoch: UInt64, _ patience: Patience) async throws(DriverError) {
        let place = AgentPlace(agent: identity.agent, sandbox: identity.sandbox, epoch: epoch, directory: "")
        try await mapped { () throws(SelfHostedFailure) in
            _ = try await caller.call(
                place.request { $0.close = .with { $0.graceMs = 2000 } },
                of: identity.agent,
                patience
            )
        }
        _ = served.withLockedValue { $0.removeValue(forKey: identity.sandbox) }
    }

    /// None: what is on a user's machine is never looked for in order to be deleted.
    package func list() async throws(DriverError) -> [BoxListing] { [] }

    package func capture(_ capture: BoxCapture) async throws(DriverError) -> ArchiveReference {
        throw DriverError(.unsupported, Descriptor.noSnapshots)
    }

    package func discard(_ archive: ArchiveID) async throws(DriverError) {
        throw DriverError(.unsupported, Descriptor.noSnapshots)
    }

    package func archives() async throws(DriverError) -> [ArchiveID] { [] }

    package func shutdown() async { directory.close() }
}
