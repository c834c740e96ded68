import ArchiveStore
import Bus
import Logging
import Model
import ServiceHost
import Store
import SwiftProtobuf
import Wire

/// Deletes saved workspaces that nobody wants any more: a provider's own by a worker at the place where they lie, portable
/// ones in the archive store.
struct ArchiveCollection: Duty {
    /// How many are deleted at once.
    static let width = 8
    /// Where nobody is there to ask, the next look is after so many seconds.
    static let absence = 10

    let name = "archive_collection"
    let interval = Duration.seconds(2)
    let batch = 64

    let client: BusClient
    let store: Store
    /// Nil where none is configured.
    let archive: (any ArchiveStore)?
    let actor: String
    let logger: Logger
    /// How long a worker may take over one; less than the pause of a claim, so that it is not asked for twice at a time.
    var patience = Duration.seconds(25)

    private enum Outcome {
        case deleted
        case failed
        /// Nobody was there to ask, or answered, which is no failure of the archive's.
        case absent
    }

    func pass() async throws -> DutyPass {
        let due = try await store.claimDeletableArchives(limit: batch)
        let outcomes = try await withThrowingTaskGroup(of: (ArchiveID, Outcome).self) { group in
            var outcomes: [(ArchiveID, Outcome)] = []
            for (index, archive) in due.enumerated() {
                if index >= Self.width, let outcome = try await group.next() { outcomes.append(outcome) }
                group.addTask { (archive.id, try await collect(archive)) }
            }
            return try await group.reduce(into: outcomes) { $0.append($1) }
        }
        let absent = outcomes.filter { $0.1 == .absent }.map(\.0)
        if !absent.isEmpty { try await store.lookAgain(at: absent, inSeconds: Self.absence) }
        return DutyPass(found: due.count, failed: outcomes.count { $0.1 == .failed })
    }

    private func collect(_ archive: DeletableArchive) async throws -> Outcome {
        do {
            guard try await delete(archive) else { return .absent }
        } catch {
            // Told to stop: nobody knows how it went, and it is due again when its claim is over.
            try Task.checkCancellation()
            let isOver = try await store.recordArchiveDeletionFailed(archive.id, error: "\(error)", actor: actor)
            logger.log(
                level: isOver ? .error : .info,
                isOver ? "archive cannot be deleted" : "archive not deleted",
                metadata: .keyed([
                    .sandbox: "\(archive.sandbox)", .archive: "\(archive.id)", .error: "\(error)",
                    .count: "\(archive.attempts + 1)",
                ])
            )
            return .failed
        }
        try await store.recordArchiveDeleted(archive.id, actor: actor)
        return .deleted
    }

    /// - Returns: Whether nothing of it exists any more; false when nobody says so.
    private func delete(_ due: DeletableArchive) async throws -> Bool {
        switch due.format {
        case .portable:
            guard let archive else { return false }
            // What was never whole may have left an object all the same.
            try await archive.delete(due.externalID ?? ArchiveReference.object(of: due.id))
            return true
        case .native:
            do {
                _ = try await client.upkeep(
                    .with {
                        $0.discardArchive = .with {
                            $0.archiveID = due.id.rawValue
                            $0.externalID = due.externalID ?? ""
                            $0.account = due.account ?? ""
                        }
                    },
                    provider: due.provider,
                    placement: due.placement,
                    context: CallContext(requestID: OperationID.now().rawValue, deadline: .now + patience)
                )
                return true
            } catch let error as BusError where error.isAbsence {
                return false
            }
        }
    }
}

extension BusError {
    /// Whether nobody has told how it went: no worker was there, or the one that was asked died over it, is frozen, or may or
    /// can not do it now.
    fileprivate var isAbsence: Bool {
        switch code {
        case .noResponders, .disconnected, .timeout, .unknown: true
        case .remote: [.placementOffline, .moving, .storeUnavailable, .busUnavailable].contains(fault.code)
        }
    }
}
