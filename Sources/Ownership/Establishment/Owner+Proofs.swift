import Model
import ProviderKit

/// What an owner makes sure of before it changes anything outside, and writes down after.
extension Owner {
    /// A far end that cannot fence is changed only after one more look at the lease (rule 4).
    func requireLease(_ record: SandboxRecord) async throws {
        guard try await store.holds(record.id, epoch: record.epoch) else { throw NoLease() }
    }

    /// Under other credentials, or from another host, nothing can be learnt or done about a box.
    func requireBinding(of record: SandboxRecord) async throws {
        if let account = record.account { try await requireCredentials(of: account) }
        guard record.placement == driver.binding.placement else {
            throw DriverError(.placementOffline, "The box is on another host.")
        }
    }

    func isBound(to box: BoxRecord) async throws -> Bool {
        try await driver.binding(ofAccount: box.account) != nil && box.placement == driver.binding.placement
    }

    func requireBinding(of box: BoxRecord) async throws {
        try await requireCredentials(of: box.account)
        guard box.placement == driver.binding.placement else {
            throw DriverError(.placementOffline, "The box is on another host.")
        }
    }

    private func requireCredentials(of account: String) async throws {
        guard try await driver.binding(ofAccount: account) != nil else {
            throw DriverError(.unauthorized, "The box belongs to another account than this worker's.")
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
    func envelope(of box: BoxRecord, externalID: String, _ record: SandboxRecord) async throws -> Envelope {
        var state = (try await driver.binding(ofAccount: box.account) ?? driver.binding).state
        state["boxId"] = externalID
        state["account"] = box.account
        state["placement"] = box.placement
        // A machine knows a sandbox's processes by the sandbox, and is itself known by its own name.
        state["sandboxId"] = record.id.rawValue
        state["agentId"] = record.spec.agent?.rawValue
        return Envelope(backendId: record.provider, sessionState: .init(providerState: state, workspaceReady: false))
    }
}
