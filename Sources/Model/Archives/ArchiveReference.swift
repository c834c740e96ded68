package import FoundationEssentials

/// Where a saved workspace lies: what must be stored to make a box from it again.
///
/// Unknown fields are tolerated; a layout of a later version is an error that loses nothing.
package struct ArchiveReference: Sendable, Hashable, Codable {
    /// The layout that this code writes.
    package static let currentVersion = 1

    package enum Format: String, Sendable, CaseIterable, Codable {
        /// The provider's own; only it can make a box from it.
        case native
        /// A tar compressed with zstd in the archive store; any provider's box can be filled with it.
        case portable
    }

    package var version: Int
    package var format: Format
    package var id: ArchiveID
    /// The provider that made it.
    package var provider: String
    /// Of a native one: the binding under which it can be found.
    package var account: String?
    package var placement: String?
    /// The provider's own word for it, or the name of its object.
    package var externalID: String
    package var createdAt: Date
    /// Bytes that it holds, where that is known.
    package var sizeBytes: Int64?
    /// Whether all files are as they were at one moment; nil is as its format has it.
    package var isConsistent: Bool?

    /// The name of a portable archive in the archive store.
    package static func object(of archive: ArchiveID) -> String { "workspaces/\(archive).tar.zst" }

    package init(
        format: Format,
        id: ArchiveID,
        provider: String,
        account: String? = nil,
        placement: String? = nil,
        externalID: String,
        createdAt: Date,
        sizeBytes: Int64? = nil,
        isConsistent: Bool? = nil
    ) {
        version = Self.currentVersion
        self.format = format
        self.id = id
        self.provider = provider
        self.account = account
        self.placement = placement
        self.externalID = externalID
        self.createdAt = createdAt
        self.sizeBytes = sizeBytes
        self.isConsistent = isConsistent
    }

    /// A provider saves a box as it is at one moment; what is packed file by file may change meanwhile.
    package var holdsOneMoment: Bool { isConsistent ?? (format == .native) }
}
