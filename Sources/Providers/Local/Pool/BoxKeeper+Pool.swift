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
    func launchOrigin(of image: ResolvedImage, network: NetworkPolicy) -> LaunchOrigin {
        var files = [configuration.daemonPath, configuration.bubblewrapPath]
        if network == .full, let resolver = LaunchPlan.resolverPath { files.append(resolver) }
        // Of a path that is mounted only which one it is: what changes in it is seen inside.
        let mounted = image.hostPaths.map { "\($0) \(ImageStore.identity($0))" }
        return LaunchOrigin(image: image, files: files.map { "\($0) \(ImageStore.stamp($0))" } + mounted)
    }

    /// What a box that waits for anybody is launched from.
    func standardOrigin() -> LaunchOrigin { launchOrigin(of: images.host, network: Self.standard.networkPolicy) }

    /// Makes a box that belongs to no sandbox.
    ///
    /// Its record says whose fleet it is, and epoch 0. Until it is claimed nothing but the pool's own directory tells of it.
    func makePooled(in pool: PoolDirectory) throws(DriverError) -> PooledBox {
        if let shortage = try HostRoom.now(for: configuration.dataDirectory).shortage {
            throw DriverError(.transient, shortage)
        }
        return try makePooled(
            in: pool,
            image: nil,
            origin: standardOrigin(),
            network: Self.standard.networkPolicy,
            limits: configuration.defaultLimits
        )
    }

    private func makePooled(
        in pool: PoolDirectory,
        image: String?,
        origin: LaunchOrigin,
        network: NetworkPolicy,
        limits: BoxLimits,
        from source: BoxSource? = nil
    ) throws(DriverError) -> PooledBox {
        let (id, nobody, directory) = try pool.newBox()
        try HostFile.makeDirectory(directory.path)
        guard let lock = try directory.take() else { throw DriverError(.conflict, "the pool is being cleared") }
        _ = lock
        let user: UInt32
        do throws(DriverError) {
            user = try users?.allocate(for: directory) ?? geteuid()
        } catch {
            try FileTree.remove(directory.path)
            throw error
        }
        let template = LocalBoxRecord(
            tag: BoxTag(fleet: configuration.fleet, sandbox: nobody, box: id, epoch: 0),
            state: .creating,
            image: image,
            networkPolicy: network,
            limits: limits,
            user: user
        )
        let record = try make(directory, template, origin.image) { record throws(DriverError) in
            if let source { try fill(directory, &record, from: source, spare: nil) }
        }
        return PooledBox(directory: directory, record: record, origin: origin)
    }

    /// Makes a box from an archive that will take the place of another one of the same sandbox.
    ///
    /// - Returns: Nil where its files are not simply a copy of the archive's.
    func makeSuccessor(
        of box: BoxID,
        from archive: ArchiveID,
        in pool: PoolDirectory
    ) throws(DriverError) -> PooledBox? {
        let source = try BoxSource(archive, in: configuration)
        guard source.record.way == .snapshot, source.record.layers.isEmpty, capabilities.mappingObstacle == nil,
            let old = try directory(box).readRecord()
        else { return nil }
        return try makePooled(
            in: pool,
            image: source.record.image,
            origin: launchOrigin(of: try images.resolve(source.record.image), network: old.networkPolicy),
            network: old.networkPolicy,
            limits: old.limits,
            from: source
        )
    }

    /// Whether a box that was made from an archive in advance is what is asked for now.
    func suits(_ pooled: PooledBox, _ spec: SandboxSpec, from archive: ArchiveID) throws(DriverError) -> Bool {
        let record = pooled.record
        let image = try images.resolve(record.image)
        return record.source == archive && record.networkPolicy == spec.networkPolicy
            && record.limits == configuration.defaultLimits.applying(spec.resources)
            && pooled.origin == launchOrigin(of: image, network: record.networkPolicy)
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
        // What a claim leaves has no record.
        guard let lock = try pooled.directory.take(), HostFile.status(pooled.directory.record) != nil else {
            throw DriverError(.conflict, "the box that waited is not there any more")
        }
        _ = lock
        guard let process = pooled.record.process, try isRunning(pooled.record) else {
            throw DriverError(.gone, "the box that waited has died")
        }
        // First: at no time is the user registered for a directory that is not there.
        try users?.pass(pooled.record.user, from: pooled.directory, to: directory)
        do throws(DriverError) {
            // Files of an archive are as old as they are.
            if pooled.record.source == nil { try renew(process) }
            var record = pooled.record
            record.tag = tag
            record.image = image
            try pooled.directory.write(record)
            guard launch_exchange(pooled.directory.path, directory.path) == 0 else {
                throw .system("cannot give a box that waited to its sandbox")
            }
        } catch {
            // Back, so that it is free once the box that waited is thrown away.
            try users?.pass(pooled.record.user, from: directory, to: pooled.directory)
            throw error
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
