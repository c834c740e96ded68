import CLinux
import Glibc
import ProviderKit

/// Directories of btrfs that are copied and deleted as a whole, whatever is in them.
enum Subvolume {
    /// The inode of a subvolume's own directory, and of nothing else on btrfs.
    private static let rootInode: UInt64 = 256

    static func make(_ path: String) throws(DriverError) {
        let parent = try openParent(of: path)
        guard linux_subvolume_create(parent.rawValue, String(lastComponent(path))) == 0 else {
            throw .system("cannot make a subvolume")
        }
    }

    /// What was written before the call is in the snapshot, also what is not on disk yet.
    static func snapshot(_ source: String, to target: String, readOnly: Bool) throws(DriverError) {
        let parent = try openParent(of: target)
        let name = String(lastComponent(target))
        let files = try HostDescriptor(opening: source, O_RDONLY | O_DIRECTORY)
        guard linux_subvolume_snapshot(files.rawValue, parent.rawValue, name, readOnly ? 1 : 0) == 0 else {
            throw .system("cannot make a snapshot")
        }
    }

    /// Whether it was one, and is deleted now; otherwise nothing has happened.
    static func destroy(_ name: UnsafePointer<CChar>, in parent: Int32) -> Bool {
        var status = stat()
        guard fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0, status.isDirectory,
            UInt64(status.st_ino) == rootInode
        else { return false }
        return linux_subvolume_destroy(parent, name) == 0
    }

    /// Why none can be made in a directory; nil when they can.
    static func obstacle(in directory: String, isRoot: Bool) throws(DriverError) -> String? {
        guard isRoot else { return "only root may delete subvolumes of btrfs" }
        let descriptor = try HostDescriptor(opening: directory, O_RDONLY | O_DIRECTORY)
        guard linux_is_btrfs(descriptor.rawValue) == 1 else { return "the data directory is not on btrfs" }
        let path = "\(directory)/probe.\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
        do throws(DriverError) {
            try make(path)
            try FileTree.remove(path)
            return nil
        } catch {
            return error.message
        }
    }

    private static func openParent(of path: String) throws(DriverError) -> HostDescriptor {
        let parent = String(path.dropLast(lastComponent(path).count + 1))
        return try HostDescriptor(opening: parent, O_RDONLY | O_DIRECTORY)
    }
}
