import FoundationEssentials
import Logging
import Model
import ProviderKit
import Store

/// The one way to a live box.
///
/// An envelope is resumed; only the provider's own word that its box is gone leads to another; every other failure is
/// told and leaves everything as it is. A box has its row before it exists.
struct Establishment: Sendable {
    let store: Store
    let driver: any Driver
    let fleet: FleetID
    let actor: String
    let logger: Logger

    /// A box that answers, and the id of its row.
    struct Outcome: Sendable {
        var box: any Box
        var id: BoxID
    }

    func establish(_ leased: LeasedSandbox, newBox: () -> BoxID) async throws -> Outcome {
        if let envelope = leased.record.envelope, let externalID = envelope.boxId {
            // The row of this box; one is always written before the box is.
            let row = leased.boxes.last { $0.externalID == externalID }
            do {
                let box = try await driver.resume(resumption(of: leased, envelope))
                if let row { try await store.recordBox(row.id, externalID: externalID, state: .live) }
                return Outcome(box: box, id: row?.id ?? newBox())
            } catch let error as DriverError where error.kind == .gone {
                try requireBinding(of: leased.record, for: error)
                logger.notice("box is gone, making another", metadata: metadata(leased, box: externalID))
                if let row { try await store.recordBox(row.id, externalID: externalID, state: .deleted) }
                return try await create(leased, newBox: newBox)
            }
        }
        return try await create(leased, newBox: newBox)
    }

    /// Makes a box, or finds the one that an earlier owner may have made without living to say so.
    private func create(_ leased: LeasedSandbox, newBox: () -> BoxID) async throws -> Outcome {
        try driver.descriptor.refuseUnsupported(in: leased.record.spec)
        let ambiguous = leased.boxes.last { $0.state == .intended }
        let id: BoxID
        switch (driver.descriptor.idempotentCreate, ambiguous) {
        case (.uniqueName, let ambiguous?):
            // The same name again cannot make a second box.
            id = ambiguous.id
        case (.adoptByTag, let ambiguous?):
            if let adopted = try await adopt(leased, ambiguous) { return adopted }
            id = newBox()
        case (_, nil):
            id = newBox()
        }
        let binding = driver.binding
        let isIntended = try await store.intendBox(
            id,
            of: leased.record.id,
            epoch: leased.record.epoch,
            provider: leased.record.provider,
            binding: (binding.account, binding.placement),
            deadline: driver.descriptor.createDeadlineSeconds
        )
        guard isIntended else { throw NoLease() }
        let creation = BoxCreation(
            tag: BoxTag(fleet: fleet, sandbox: leased.record.id, box: id, epoch: leased.record.epoch),
            spec: leased.record.spec,
            environment: leased.environment
        )
        do {
            let box = try await driver.create(creation)
            return Outcome(box: box, id: id)
        } catch {
            if error.isDefinite { try await store.recordBox(id, externalID: nil, state: .deleted) }
            throw error
        }
    }

    /// Looks for the box of an unanswered create by its tag; while the call may still succeed, nobody creates again (rule 9).
    private func adopt(_ leased: LeasedSandbox, _ ambiguous: BoxRecord) async throws -> Outcome? {
        let listing = try await driver.list().first { $0.tag?.box == ambiguous.id }
        guard let listing else {
            let patience = Double(driver.descriptor.listingDelaySeconds)
            guard ambiguous.callDeadline.addingTimeInterval(patience) < .now else {
                throw Fault(
                    .providerConflict,
                    "An earlier create was not answered; it may still succeed.",
                    hint: "Try again later.",
                    retryAfter: Int(patience) + 1
                )
            }
            try await store.recordBox(ambiguous.id, externalID: nil, state: .deleted)
            return nil
        }
        try await store.recordBox(ambiguous.id, externalID: listing.externalID, state: .live)
        let envelope = Envelope(
            backendId: leased.record.provider,
            sessionState: .init(providerState: ["boxId": listing.externalID], workspaceReady: true)
        )
        return Outcome(box: try await driver.resume(resumption(of: leased, envelope)), id: ambiguous.id)
    }

    private func resumption(of leased: LeasedSandbox, _ envelope: Envelope) -> BoxResumption {
        BoxResumption(
            envelope: envelope,
            sandbox: leased.record.id,
            epoch: leased.record.epoch,
            spec: leased.record.spec,
            environment: leased.environment
        )
    }

    /// A NotFound under other credentials, or from another host, proves nothing.
    private func requireBinding(of record: SandboxRecord, for error: DriverError) throws {
        guard record.account.map({ $0 == driver.binding.account }) ?? true else {
            throw DriverError(.unauthorized, "The box belongs to another account than this worker's.")
        }
        guard record.placement == driver.binding.placement else {
            throw DriverError(.placementOffline, "The box is on another host.")
        }
    }

    private func metadata(_ leased: LeasedSandbox, box: String) -> Logger.Metadata {
        ["sandbox": "\(leased.record.id)", "epoch": "\(leased.record.epoch)", "box": "\(box)"]
    }
}

extension DriverError {
    /// The call surely made nothing.
    var isDefinite: Bool {
        switch kind {
        case .invalid, .unsupported, .unauthorized, .rateLimited, .placementOffline, .agentOffline, .gone: true
        case .conflict, .timeout, .transient, .file, .processGone, .processEnded, .startFailed: false
        }
    }

    /// Repeating it as it is will not help.
    var isPermanent: Bool {
        switch kind {
        case .invalid, .unsupported: true
        default: false
        }
    }
}
