import Logging
import Model
import ProviderKit
import Store

/// Carries out what a sandbox's row says is to become of its box: pause, stop or delete.
struct Settlement: Sendable {
    let store: Store
    let driver: any Driver
    let actor: String

    /// Stops or deletes the box and gives the lease back.
    ///
    /// Everything may be repeated by a successor.
    func settle(_ record: SandboxRecord, boxes: [BoxRecord]) async throws {
        let intent = intent(of: record)
        let keepsBox = intent != .delete && record.persistent && driver.descriptor.persistence.isSupported
        // A far end that cannot fence is changed only after one more look at the lease (rule 4).
        guard try await store.holds(record.id, epoch: record.epoch) else { throw NoLease() }
        if let envelope = record.envelope {
            if keepsBox {
                try await driver.stop(envelope, epoch: record.epoch)
            } else {
                try await driver.delete(envelope, epoch: record.epoch)
            }
        }
        for box in boxes where box.state != .deleted {
            let isCurrent = box.externalID != nil && box.externalID == record.envelope?.boxId
            if isCurrent && keepsBox {
                try await store.recordBox(box.id, externalID: box.externalID, state: .stopped)
            } else {
                if !isCurrent { try await driver.delete(envelope(of: box, record), epoch: record.epoch) }
                try await store.recordBox(box.id, externalID: box.externalID, state: .deleted)
            }
        }
        let isSettled = try await store.settle(
            record.id,
            epoch: record.epoch,
            as: intent,
            keepsBox: keepsBox,
            actor: actor
        )
        guard isSettled else { throw NoLease() }
    }

    /// What is really done about a sandbox.
    ///
    /// A pause of what does not persist would lose its files without anybody having asked for that; stop says so.
    func intent(of record: SandboxRecord) -> Intent {
        record.intent == .pause && !record.persistent ? .stop : record.intent
    }

    /// For a box whose provider id nobody learnt: where names are unique, ours is its name.
    private func envelope(of box: BoxRecord, _ record: SandboxRecord) -> Envelope {
        Envelope(
            backendId: record.provider,
            sessionState: .init(
                providerState: ["boxId": box.externalID ?? box.id.rawValue],
                workspaceReady: false
            )
        )
    }
}
