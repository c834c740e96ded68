import Model
import ProviderKit

/// The name of a sprite of ours, which nothing else in the organization can have: `sf-<fleet>-<box>`.
struct SpriteName: Sendable, Hashable, CustomStringConvertible {
    let fleet: FleetID
    let box: BoxID

    init(fleet: FleetID, box: BoxID) {
        self.fleet = fleet
        self.box = box
    }

    init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, parts[0] == "sf", let fleet = FleetID(parts[1]), let box = BoxID(parts[2]) else {
            return nil
        }
        self.init(fleet: fleet, box: box)
    }

    /// 56 characters of the 63 that a name may have.
    var description: String { Self.prefix(of: fleet) + box.rawValue }

    static func prefix(of fleet: FleetID) -> String { "sf-\(fleet)-" }
}

/// What a sprite's name has no room for.
struct SpriteLabels: Sendable, Hashable {
    let sandbox: SandboxID
    let epoch: UInt64

    init(sandbox: SandboxID, epoch: UInt64) {
        self.sandbox = sandbox
        self.epoch = epoch
    }

    /// Nil when one of ours is missing; those of others are passed over.
    init?(_ labels: [String]) {
        guard let sandbox = Self.value("sandbox", labels).flatMap(SandboxID.init),
            let epoch = Self.value("epoch", labels).flatMap(UInt64.init)
        else { return nil }
        self.init(sandbox: sandbox, epoch: epoch)
    }

    var texts: [String] { ["sandfleet-sandbox-\(sandbox)", "sandfleet-epoch-\(epoch)"] }

    /// Ours among others' labels, in place of older ones.
    func replacing(in labels: [String]) -> [String] {
        let prefixes = ["sandfleet-sandbox-", "sandfleet-epoch-"]
        return labels.filter { label in !prefixes.contains { label.hasPrefix($0) } } + texts
    }

    private static func value(_ name: String, _ labels: [String]) -> String? {
        let prefix = "sandfleet-\(name)-"
        return labels.first { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
    }
}
