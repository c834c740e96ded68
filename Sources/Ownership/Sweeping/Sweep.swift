import Model
import ProviderKit

/// Judges the boxes that a provider lists (rule 10).
///
/// A deletion needs every proof: the tag of this fleet, the row of the box, a row that says that nobody uses it, and the
/// lease of its sandbox, unless that is terminated. Everything else is left alone. Who carries a deletion out reads the lease
/// once more right before it (rule 4).
package enum Sweep {
    /// How many boxes one pass deletes at the most.
    package static let limit = 50

    package static func judge(_ evidence: SweepEvidence) -> SweepVerdict {
        SweepVerdict(reason(evidence))
    }

    private static func reason(_ evidence: SweepEvidence) -> SweepVerdict.Reason {
        let listing = evidence.listing
        guard let tag = listing.tag else { return .noTag }
        guard tag.fleet == evidence.fleet else { return .otherFleet }
        guard let box = evidence.box, let sandbox = evidence.sandbox else { return .noRow }
        guard tag.box == box.id, tag.sandbox == sandbox.id else { return .otherSandbox }
        guard box.account == evidence.binding.account, box.placement == evidence.binding.placement else {
            return .otherBinding
        }
        // An adopted box keeps the tag of an older epoch; a younger one cannot be.
        guard tag.epoch <= sandbox.epoch else { return .databaseBehind }
        if sandbox.leaseState == .terminated { return .sandboxTerminated }
        let isNamed = sandbox.envelope?.boxId == listing.externalID
        let unused: SweepVerdict.Reason
        switch box.state {
        case .superseded: unused = .superseded
        case .deleted: unused = .recordedDeleted
        case .intended, .live, .stopped:
            let isAnother = box.externalID.map { $0 != listing.externalID } ?? false
            return isAnother ? .secondOfItsTag : .inUse
        }
        guard !isNamed else { return .namedByItsSandbox }
        guard let owner = sandbox.owner else { return .leaseFree }
        if owner == evidence.sweeper { return unused }
        // Nobody has both the lease and the account: no worker will ever delete it.
        let isOutOfReach = sandbox.account.map { $0 != box.account } ?? false
        return isOutOfReach ? .otherAccountServes : .leaseElsewhere
    }
}
