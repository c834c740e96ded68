import Bus
import Model
import Ownership
import ProviderKit
import SwiftProtobuf
import Wire

/// Work on a provider that no sandbox's owner has to do: any of its workers does it, of the host where it is bound to one.
struct UpkeepEndpoint: Sendable {
    let keeper: LeaseKeeper

    func answer(_ call: IncomingCall<WireUpkeepRequest>) async throws -> WireUpkeepReply {
        guard keeper.vitality.isAlive() else { throw NoAnswer() }
        switch call.request.operation {
        case .discardArchive(let discard):
            guard let archive = ArchiveID(discard.archiveID) else {
                throw Fault(.invalidRequest, "archive_id has to be an id.")
            }
            let externalID = discard.externalID.isEmpty ? nil : discard.externalID
            let account = discard.account.isEmpty ? nil : discard.account
            try await keeper.driver.discard(archive, externalID: externalID, account: account)
            return .with { $0.done = WireUpkeepDone() }
        case .sweep(let sweep):
            let report = try await BoxSweep(keeper: keeper, request: sweep).run()
            return .with { $0.sweep = report }
        case nil:
            throw Fault(.invalidRequest, "The request names no operation that this worker knows.")
        }
    }
}
