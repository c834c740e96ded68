import BoxClient
import BoxSession
import ProviderKit

/// A box that was started before anybody asked for it, and belongs to no sandbox yet.
struct PooledBox: Sendable, Hashable {
    var directory: BoxDirectory
    var record: LocalBoxRecord
    var origin: LaunchOrigin

    /// Waits until the box's first process answers; that it is nobody's stays so.
    func answers(_ loop: BoxLoop, within timeout: Duration) async throws(DriverError) {
        let socket = directory.socket
        try await withDeadline(timeout, "the box does not answer") {
            try await BoxConnection.connect(path: socket, epoch: 0, sandbox: "", loop: loop).close()
        }
    }
}

/// What a launch finds on the host: a box that waits is as good as a new one only as long as this is the same.
struct LaunchOrigin: Sendable, Hashable {
    var image: ResolvedImage
    /// Programs and files that every box of its kind gets, by inode, size and time.
    var files: [String]
}
