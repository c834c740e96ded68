import Model
import ProviderKit

/// What is known of a box, beside its files.
///
/// Written before a launch as intent, and after it.
struct LocalBoxRecord: Sendable, Hashable, Codable {
    enum State: String, Sendable, Codable {
        /// Being made for the first time: nothing in it is anybody's yet.
        case creating
        /// Being started over files that it has had before.
        case starting
        case running
        case stopped
    }

    var version = 1
    var tag: BoxTag
    var state: State
    var image: String?
    var networkPolicy: NetworkPolicy
    var limits: BoxLimits
    /// The box's user on the host.
    var user: UInt32
    /// The layers below its own files, uppermost first.
    var layers: [String] = []
    var group: BoxGroup?
    /// The box's first process.
    var process: ProcessIdentity?
}
