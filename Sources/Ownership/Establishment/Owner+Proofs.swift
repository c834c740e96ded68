import Model
import ProviderKit

/// What an owner makes sure of before it changes anything outside, and writes down after.
extension Owner {
    /// A far end that cannot fence is changed only after one more look at the lease (rule 4).
    func requireLease(_ record: SandboxRecord) async throws {
        guard try await store.holds(record.id, epoch: record.epoch) else { throw NoLease() }
    }

    /// Under other credentials, or from another host, nothing can be learnt or done about a box.
    func requireBinding(of record: SandboxRecord) throws {
        guard record.account.map({ $0 == driver.binding.account }) ?? true else {
            throw DriverError(.unauthorized, "The box belongs to another account than this worker's.")
        }
        guard record.placement == driver.binding.placement else {
            throw DriverError(.placementOffline, "The box is on another host.")
        }
    }

    func isBound(to box: BoxRecord) -> Bool {
        box.account == driver.binding.account && box.placement == driver.binding.placement
    }

    func requireBinding(of box: BoxRecord) throws {
        guard box.account == driver.binding.account else {
            throw DriverError(.unauthorized, "The box belongs to another account than this worker's.")
        }
        guard box.placement == driver.binding.placement else {
            throw DriverError(.placementOffline, "The box is on another host.")
        }
    }

    /// - Parameter reason: Nil where the sandbox's own drain, stop or deletion is the reason.
    func note(
        _ box: BoxID,
        of record: SandboxRecord,
        _ externalID: String?,
        _ state: BoxRecord.State,
        because reason: BoxReason?
    ) async throws {
        try await store.recordBox(
            box,
            epoch: record.epoch,
            externalID: externalID,
            state: state,
            lifetime: nil,
            reason: reason,
            actor: actor
        )
    }

    /// What names a box of which only the row is left.
    ///
    /// A row tells account and host; an account's project, region and address are those that this worker knows it by.
    func envelope(of box: BoxRecord, externalID: String, _ record: SandboxRecord) -> Envelope {
        var state = driver.binding.state
        state["boxId"] = externalID
        state["account"] = box.account
        state["placement"] = box.placement
        // A machine knows a sandbox's processes by the sandbox, and is itself known by its own name.
        state["sandboxId"] = record.id.rawValue
        state["agentId"] = record.spec.agent?.rawValue
        return Envelope(backendId: record.provider, sessionState: .init(providerState: state, workspaceReady: false))
    }
}
