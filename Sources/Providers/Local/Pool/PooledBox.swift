/// A box that was started before anybody asked for it, and belongs to no sandbox yet.
struct PooledBox: Sendable, Hashable {
    var directory: BoxDirectory
    var record: LocalBoxRecord
    var origin: LaunchOrigin
}

/// What a launch finds on the host: a box that waits is as good as a new one only as long as this is the same.
struct LaunchOrigin: Sendable, Hashable {
    var image: ResolvedImage
    /// Bubblewrap and the box's first process, by inode, size and time.
    var programs: [String]
}
