import Model
import ProviderKit

/// The labels by which containers and images of a fleet are known.
enum Labels {
    static let fleet = "sandfleet.fleet"
    static let sandbox = "sandfleet.sandbox"
    static let box = "sandfleet.box"
    static let epoch = "sandfleet.epoch"
    /// Where the volumes of a box are that it may write to.
    private static let writableVolumes = "sandfleet.writable-volumes"
    /// On volumes: whose they are, and what that one calls them.
    static let workspace = "sandfleet.workspace"
    static let volume = "sandfleet.volume"
    /// On images that are saved boxes.
    static let archive = "sandfleet.archive"

    /// - Parameter volumes: Where those go that the box may write to.
    static func of(_ tag: BoxTag, volumes targets: [String] = []) -> [String: String] {
        [
            fleet: tag.fleet.rawValue, sandbox: tag.sandbox.rawValue, box: tag.box.rawValue, epoch: "\(tag.epoch)",
            // An image that a box begins with may be a saved one; the box is none.
            archive: "", writableVolumes: targets.joined(separator: ","),
        ]
    }

    static func volumes(_ labels: [String: String]) -> [String] {
        (labels[writableVolumes] ?? "").split(separator: ",").map(String.init)
    }

    /// Nil when they do not name a box.
    static func tag(_ labels: [String: String]?) -> BoxTag? {
        guard let labels, let fleet = labels[fleet].flatMap(FleetID.init),
            let sandbox = labels[sandbox].flatMap(SandboxID.init), let box = labels[box].flatMap(BoxID.init),
            let epoch = labels[epoch].flatMap({ UInt64($0) })
        else { return nil }
        return BoxTag(fleet: fleet, sandbox: sandbox, box: box, epoch: epoch)
    }
}
