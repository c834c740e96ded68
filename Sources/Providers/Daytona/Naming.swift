import Model
import ProviderKit

/// A name of ours, which nothing else in the organization can have: `sf-<fleet>-<id>`.
struct OwnName<Kind: Sendable>: Sendable, Hashable, CustomStringConvertible {
    let fleet: FleetID
    let id: Identifier<Kind>

    init(fleet: FleetID, _ id: Identifier<Kind>) {
        self.fleet = fleet
        self.id = id
    }

    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == "sf", let fleet = FleetID(parts[1]), let id = Identifier<Kind>(parts[2])
        else { return nil }
        self.init(fleet: fleet, id)
    }

    var description: String { OwnNames.prefix(of: fleet) + id.rawValue }
}

enum OwnNames {
    static let prefix = "sf-"

    static func prefix(of fleet: FleetID) -> String { "\(prefix)\(fleet)-" }
}

typealias BoxName = OwnName<Kind.Box>
typealias SnapshotName = OwnName<Kind.Archive>

/// A box's tag as labels.
enum TagLabels {
    static let fleet = "sandfleet-fleet"
    private static let sandbox = "sandfleet-sandbox"
    private static let box = "sandfleet-box"
    private static let epoch = "sandfleet-epoch"

    static func of(_ tag: BoxTag) -> [String: String] {
        [
            fleet: tag.fleet.rawValue, sandbox: tag.sandbox.rawValue, box: tag.box.rawValue,
            epoch: String(tag.epoch),
        ]
    }

    /// As they are once an owner has begun; nil when they say so already.
    ///
    /// - Throws: `conflict` when a later one has begun.
    static func claimed(_ labels: [String: String], by epoch: UInt64) throws(DriverError) -> [String: String]? {
        try refuse(epoch, behind: labels)
        guard labels[self.epoch] != String(epoch) else { return nil }
        return labels.merging([self.epoch: String(epoch)]) { $1 }
    }

    /// - Throws: `conflict` when a later owner has begun.
    static func refuse(_ epoch: UInt64, behind labels: [String: String]?) throws(DriverError) {
        guard let last = labels?[self.epoch].flatMap(UInt64.init), last > epoch else { return }
        throw DriverError(.conflict, "A later owner has begun with the box.")
    }

    /// Nil when one is missing or malformed.
    static func tag(_ labels: [String: String]) -> BoxTag? {
        guard let fleet = labels[fleet].flatMap(FleetID.init), let sandbox = labels[sandbox].flatMap(SandboxID.init),
            let box = labels[box].flatMap(BoxID.init), let epoch = labels[epoch].flatMap(UInt64.init)
        else { return nil }
        return BoxTag(fleet: fleet, sandbox: sandbox, box: box, epoch: epoch)
    }
}
