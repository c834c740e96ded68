import CLinux
import Glibc
import Model
import ProviderKit

extension BoxKeeper {
    /// What boxes that wait are: those that a request gets that asks for nothing.
    private static let standard = SandboxSpec()

    /// Whether a box that waits is what somebody asks for.
    func isStandard(_ spec: SandboxSpec) -> Bool {
        (spec.image == nil || spec.image == ImageStore.hostImage)
            && spec.networkPolicy == Self.standard.networkPolicy
            && configuration.defaultLimits.applying(spec.resources) == configuration.defaultLimits
    }

    /// What a launch would find on the host now.
    func launchOrigin() -> LaunchOrigin {
        LaunchOrigin(
            image: images.host,
            programs: [configuration.daemonPath, configuration.bubblewrapPath].map(ImageStore.stamp)
        )
    }

    /// Makes a box that belongs to no sandbox.
    ///
    /// Its record says whose fleet it is, and epoch 0. Until it is claimed nothing but the pool's own directory tells of it.
    func makePooled(in pool: PoolDirectory) throws(DriverError) -> PooledBox {
        if let shortage = try HostRoom.now(for: configuration.dataDirectory).shortage {
            throw DriverError(.transient, shortage)
        }
        let origin = launchOrigin()
        let (id, nobody, directory) = pool.newBox()
        try HostFile.makeDirectory(directory.path)
        guard let lock = try directory.take() else { throw DriverError(.conflict, "the pool is being cleared") }
        _ = lock
        let template = LocalBoxRecord(
            tag: BoxTag(fleet: configuration.fleet, sandbox: nobody, box: id, epoch: 0),
            state: .creating,
            networkPolicy: Self.standard.networkPolicy,
            limits: configuration.defaultLimits,
            user: try users?.allocate(for: directory) ?? geteuid()
        )
        let record = try make(directory, template, origin.image)
        return PooledBox(directory: directory, record: record, origin: origin)
    }

    /// Makes a box that has waited the one of a tag, whose directory is there and locked and has no record.
    ///
    /// All in one moment: the two directories change places. Before that it is the pool's, in whose directory everything is
    /// thrown away once its run is over; from then on it is a box like any that was made for the purpose.
    ///
    /// - Returns: What is left of the other directory, to be removed.
    /// - Throws: when it is still the pool's, and no good.
    func claim(
        _ pooled: PooledBox,
        as directory: BoxDirectory,
        _ tag: BoxTag,
        image: String?
    ) throws(DriverError) -> String {
        guard let lock = try pooled.directory.take() else {
            throw DriverError(.conflict, "the box that waited is not there any more")
        }
        _ = lock
        guard let process = pooled.record.process, try isRunning(pooled.record) else {
            throw DriverError(.gone, "the box that waited has died")
        }
        // First: at no time is the user registered for a directory that is not there.
        try users?.pass(pooled.record.user, from: pooled.directory, to: directory)
        try renew(process)
        var record = pooled.record
        record.tag = tag
        record.image = image
        try pooled.directory.write(record)
        guard launch_exchange(pooled.directory.path, directory.path) == 0 else {
            throw .system("cannot give a box that waited to its sandbox")
        }
        return pooled.directory.path
    }

    /// Gives the directories that a box may write in the times of this moment, as if they had just been made.
    private func renew(_ process: ProcessIdentity) throws(DriverError) {
        // An ordinary user may not look at them from outside.
        guard capabilities.isRoot else { return }
        let root = try HostDescriptor(opening: "/proc/\(process.pid)/root", O_RDONLY | O_DIRECTORY)
        for name in [".", "home", "home/\(Skeleton.userName)", "run", "tmp", "workspace"] {
            guard utimensat(root.rawValue, name, nil, AT_SYMLINK_NOFOLLOW) == 0 else {
                throw .system("cannot renew the times of a box that waited")
            }
        }
    }

    /// Ends a box of the pool and takes its files away.
    func discard(pooled directory: BoxDirectory) throws(DriverError) {
        guard let lock = try directory.take() else { return }
        _ = lock
        if let record = try directory.readRecord() {
            try discard(directory, record)
        } else {
            // Not even the intent was written, or what a claim has left.
            try BoxLauncher.abandon(directory, nil)
        }
        try FileTree.remove(directory.path)
    }
}
