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
    /// Saved layers between its own files and its image's, uppermost first; nil is none, as before there were any.
    var savedLayers: [String]?
    /// The saved layer that its own files are about to become.
    ///
    /// Whether they have is told by that layer's being there.
    var moving: String?
    /// The host user that its files are stored under; nil is its own.
    var storedAs: UInt32?
    /// The archive that its files began with.
    var source: ArchiveID?
    var group: BoxGroup?
    /// The box's first process.
    var process: ProcessIdentity?

    /// Every saved layer that it may need.
    var allLayers: [String] { (savedLayers ?? []) + (moving.map { [$0] } ?? []) }
}
