/// What an archive of a workspace may be.
package struct TarLimits: Sendable, Hashable {
    /// The most files, directories and links.
    package var entries: Int
    /// The most bytes of all files together.
    package var bytes: UInt64
    /// The longest path, and the longest target of a link.
    package var pathLength = 4_096
    /// The longest block of extended attributes of one entry.
    package var attributesLength = 1 << 20

    package init(entries: Int, bytes: UInt64) {
        self.entries = entries
        self.bytes = bytes
    }
}

/// How much an archive is trusted about its links.
package enum TarTrust: Sendable, Hashable {
    /// From anywhere: no link may lead out of it.
    case foreign
    /// Made by this fleet from a box: symbolic links may point anywhere in the next box, as in the one before (a virtual
    /// environment points to `/usr/bin`); nothing is written through them.
    case own
}
