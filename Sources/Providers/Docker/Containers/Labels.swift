import Model
import ProviderKit

/// The labels by which containers and images of a fleet are known.
enum Labels {
    static let fleet = "sandfleet.fleet"
    static let sandbox = "sandfleet.sandbox"
    static let box = "sandfleet.box"
    static let epoch = "sandfleet.epoch"
    /// On images that are saved boxes.
    static let archive = "sandfleet.archive"

    static func of(_ tag: BoxTag) -> [String: String] {
        [
            fleet: tag.fleet.rawValue, sandbox: tag.sandbox.rawValue, box: tag.box.rawValue, epoch: "\(tag.epoch)",
            // An image that a box begins with may be a saved one; the box is none.
            archive: "",
        ]
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
