import FoundationEssentials
import Model

/// What is known of a saved workspace; written last, so that what has a record is whole.
struct LocalArchiveRecord: Sendable, Hashable, Codable {
    static let currentVersion = 1

    /// How the files were saved.
    enum Way: String, Sendable, Codable {
        /// A read-only snapshot of the box's subvolume, in `files`.
        case snapshot
        /// Layers that boxes and archives share.
        case layers
        /// A copy of the whole root, in `files`.
        case copy
    }

    var version = Self.currentVersion
    /// Which archive this tells of; records of earlier versions do not say.
    var archive: ArchiveID?
    var fleet: FleetID
    var sandbox: SandboxID
    /// The box whose files these are.
    var box: BoxID
    var epoch: UInt64
    /// What the files lie upon; nil is the host's own system.
    var image: String?
    /// The saved layers, uppermost first.
    var layers: [String] = []
    var way: Way
    /// The host user that the files are stored under.
    var storedAs: UInt32
    var createdAt: Date
    /// The bytes of its files, where they were counted.
    var size: Int64?
}
