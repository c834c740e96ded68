import Bus
import Foundation
import Logging
import Model
import Ownership
import ProviderKit
import ServiceHost
import Store
import Wire

/// Saves the files of a live sandbox under an id that its asker chose.
///
/// Asked again it finds in the ledger what came of it; what was begun and not finished is finished.
struct CheckpointSave: Sendable {
    let holding: Holding
    let keeper: LeaseKeeper
    let request: WireSaveCheckpoint

    func run() async throws {
        guard let id = ArchiveID(request.checkpointID) else {
            throw Fault(.invalidRequest, "checkpoint_id has to be an id.")
        }
        guard !keeper.driver.descriptor.isUsersMachine else { throw Fault.usersMachine }
        guard request.portable || keeper.driver.descriptor.snapshots.isSupported else {
            throw Fault(
                .unsupported,
                "\(holding.provider) cannot save a box in a form of its own.",
                hint: "Ask for the format 'portable'."
            )
        }
        try await holding.captures.capture(freezing: !request.portable) { try await save(id) }
    }

    private func save(_ id: ArchiveID) async throws {
        if let known = try await keeper.store.archiveRecord(id) {
            guard known.sandbox == holding.sandbox else {
                throw Fault(.operationConflict, "The id belongs to another sandbox's checkpoint.")
            }
            switch known.state {
            case .current: return
            case .candidate: break
            case .previous, .deletePending, .deleted, .deleteFailed:
                throw Fault(.checkpointNotFound, "Saving this checkpoint failed before, or it was deleted.")
            }
        } else {
            guard try await keeper.store.intendArchive(intended(id), actor: keeper.identity.actor) else {
                throw NoLease()
            }
        }
        let reference: ArchiveReference
        do {
            reference = try await capture(id)
        } catch let error where Self.isOurs(error) {
            // Whoever has the lease now decides; without one the reaper does.
            throw error
        } catch {
            await abandon(id, because: Fault.describing(error))
            throw error
        }
        let isPublished = try await keeper.store.publishArchive(
            id,
            of: holding.sandbox,
            epoch: holding.epoch,
            reference: reference,
            actor: keeper.identity.actor
        )
        guard isPublished else { throw NoLease() }
    }

    private func capture(_ id: ArchiveID) async throws -> ArchiveReference {
        if request.portable {
            let box = try await keeper.liveBox(of: holding).box
            try await keeper.requireLease(of: holding)
            guard let archiver = keeper.archiver else { throw Fault.noArchiveStore }
            return try await archiver.capture(box, as: id)
        }
        guard let record = try await keeper.store.leased(holding.sandbox, epoch: holding.epoch),
            let envelope = record.envelope
        else { throw NoLease() }
        return try await keeper.driver.capture(
            BoxCapture(archive: id, envelope: envelope, sandbox: holding.sandbox, epoch: holding.epoch)
        )
    }

    private func intended(_ id: ArchiveID) -> ArchiveRecord {
        let binding = keeper.driver.binding
        return ArchiveRecord(
            id: id,
            workspace: holding.workspace,
            sandbox: holding.sandbox,
            purpose: request.forFork ? .fork : .checkpoint,
            state: .candidate,
            format: request.portable ? .portable : .native,
            provider: holding.provider,
            // Whoever reaches the archive store can read a portable one.
            account: request.portable ? nil : holding.live?.box.envelope.account ?? binding.account,
            placement: request.portable ? nil : binding.placement,
            epoch: holding.epoch,
            box: holding.boxID,
            comment: request.comment.isEmpty ? nil : request.comment,
            createdAt: Date(),
            expiresAt: request.hasExpiresAt
                ? Date(timeIntervalSince1970: Double(request.expiresAt) / 1000) : nil
        )
    }

    /// The worker is at fault, not the capture.
    private static func isOurs(_ error: any Error) -> Bool { error is NoLease || error is NoAnswer }

    private func abandon(_ id: ArchiveID, because fault: Fault) async {
        // Also when the task was cancelled: a row that stays a candidate is a promise.
        await Task { [keeper, holding] in
            do {
                try await keeper.store.abandonArchive(id, reason: fault.message, actor: keeper.identity.actor)
            } catch {
                keeper.logger.warning(
                    "failed checkpoint not recorded",
                    metadata: .keyed([.sandbox: "\(holding.sandbox)", .error: "\(error)"])
                )
            }
        }
        .value
    }
}

extension Fault {
    static let noArchiveStore = Fault(
        .unsupported,
        "This worker has no archive store.",
        hint: "Set SANDFLEET_ARCHIVE at the worker."
    )
}
