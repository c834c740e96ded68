import Glibc
import Model
import ProviderKit

/// Makes, finds, stops and deletes the boxes under one data directory.
///
/// Every call blocks its thread.
///
/// Any number of processes may keep the same boxes: what they do to one box is kept apart by that box's lock.
struct BoxKeeper: Sendable {
    let configuration: LocalConfiguration
    var capabilities: LocalCapabilities
    let launcher: BoxLauncher
    let images: ImageStore
    /// Nil for an ordinary user, whose boxes all run as itself.
    let users: UserRegistry?

    init(configuration: LocalConfiguration) throws(DriverError) {
        let isRoot = geteuid() == 0
        guard access(configuration.bubblewrapPath, X_OK) == 0 else { throw .system("cannot run bubblewrap") }
        try HostFile.makeDirectories(configuration.dataDirectory)
        for directory in [
            configuration.boxesDirectory, configuration.archivesDirectory, configuration.savedLayersDirectory,
            configuration.poolDirectory, configuration.trashDirectory,
        ] {
            try HostFile.makeDirectory(directory)
        }
        self.configuration = configuration
        let groups = try ControlGroups.detect(name: configuration.controlGroupName)
        let probe = LaunchProbe(configuration: configuration, isRoot: isRoot)
        let obstacles = try probe.obstacles()
        capabilities = LocalCapabilities(
            isRoot: isRoot,
            groups: groups,
            overlayObstacle: obstacles.overlay,
            subvolumeObstacle: try Subvolume.obstacle(in: configuration.dataDirectory, isRoot: isRoot),
            mappingObstacle: obstacles.mapping,
            delegatesGroups: groups.unified != nil && probe.refusesUserNamespaces()
        )
        launcher = try BoxLauncher(timeout: configuration.startTimeout)
        images = try ImageStore(configuration: configuration)
        users =
            isRoot
            ? try UserRegistry(directory: configuration.userRegistry, range: configuration.userRange) : nil
    }

    func directory(_ box: BoxID) -> BoxDirectory { BoxDirectory(box, in: configuration) }

    /// Makes a box, or finds the one that an earlier call with the same tag has made.
    ///
    /// - Parameters:
    ///   - spare: Files that were made ready for it.
    ///   - ready: Puts a box that was started in advance in the place of this locked directory; false when there is none.
    func create(
        _ tag: BoxTag,
        _ spec: SandboxSpec,
        from archive: ArchiveID? = nil,
        spare: String? = nil,
        ready: (BoxDirectory) -> Bool = { _ in false }
    ) throws(DriverError) -> FoundBox {
        let limits = configuration.defaultLimits.applying(spec.resources)
        try capabilities.check(limits)
        let source = try archive.map { id throws(DriverError) in try BoxSource(id, in: configuration) }
        // Saved files are what they are only upon the image that they were made upon.
        let imageName = source.map(\.record.image) ?? spec.image
        let image = try images.resolve(imageName)
        let directory = directory(tag.box)
        try HostFile.makeDirectory(directory.path)
        guard let lock = try directory.take() else { throw DriverError(.conflict, "the box is being deleted") }
        _ = lock
        if let record = try directory.readRecord() {
            guard record.tag.sandbox == tag.sandbox, record.tag.fleet == tag.fleet else {
                throw DriverError(.conflict, "a box of this name belongs to another sandbox")
            }
            if record.state != .creating {
                return FoundBox(
                    directory: directory,
                    isFresh: try bringUp(directory, record, epoch: tag.epoch)
                )
            }
            try discard(directory, record)
        }
        if ready(directory) { return FoundBox(directory: directory, isFresh: true) }
        let template = LocalBoxRecord(
            tag: tag,
            state: .creating,
            image: imageName,
            networkPolicy: spec.networkPolicy,
            limits: limits,
            user: try users?.allocate(for: directory) ?? geteuid()
        )
        _ = try make(directory, template, image) { record throws(DriverError) in
            if let source { try fill(directory, &record, from: source, spare: spare) }
        }
        return FoundBox(directory: directory, isFresh: true)
    }

    /// Makes a box in a directory whose lock is held; when that fails, nothing of it is left.
    func make(
        _ directory: BoxDirectory,
        _ template: LocalBoxRecord,
        _ image: ResolvedImage,
        fill: (inout LocalBoxRecord) throws(DriverError) -> Void = { _ in }
    ) throws(DriverError) -> LocalBoxRecord {
        var record = template
        do throws(DriverError) {
            try fill(&record)
            try start(directory, &record, image)
            return record
        } catch {
            // Nobody has been told of it. The next attempt starts from nothing.
            try? discard(directory, record)
            try? FileTree.remove(directory.path)
            throw error
        }
    }

    /// Makes a box answer again: finds it running, or starts it over its files.
    func resume(_ box: BoxID, sandbox: SandboxID, epoch: UInt64) throws(DriverError) -> FoundBox {
        let directory = directory(box)
        guard let lock = try directory.take(), let record = try directory.readRecord(), record.state != .creating else {
            throw DriverError(.gone, "the box does not exist on this host any more")
        }
        _ = lock
        guard record.tag.sandbox == sandbox else {
            throw DriverError(.conflict, "the box belongs to another sandbox")
        }
        return FoundBox(directory: directory, isFresh: try bringUp(directory, record, epoch: epoch))
    }

    /// Ends all processes of a box and keeps its files.
    ///
    /// - Parameter holdsMount: Keeps its files mounted; only of a box that will never be started again.
    /// - Returns: What is to be cleared some time.
    @discardableResult
    func stop(
        _ box: BoxID,
        epoch: UInt64,
        holdsMount: Bool = false
    ) throws(DriverError) -> (remains: BoxRemains?, mount: HeldMount?) {
        let directory = directory(box)
        guard let lock = try directory.take(), let record = try directory.readRecord() else {
            throw DriverError(.gone, "the box does not exist on this host any more")
        }
        _ = lock
        try fence(record, epoch)
        let mount = holdsMount && directory.isSubvolume ? try hold(record) : nil
        return (try kill(directory, record, epoch: max(epoch, record.tag.epoch)).1, mount)
    }

    /// Ends a box and takes its files away.
    ///
    /// - Returns: Where files wait for removal, and what is to be cleared before; nothing when there is no such box.
    func delete(_ box: BoxID, epoch: UInt64) throws(DriverError) -> (trash: [String], remains: BoxRemains?) {
        let directory = directory(box)
        guard let lock = try directory.take() else { return ([], nil) }
        _ = lock
        var remains: BoxRemains?
        var layers: [String] = []
        if let record = try directory.readRecord() {
            try fence(record, epoch)
            let stopped: LocalBoxRecord
            (stopped, remains) = try kill(directory, record, epoch: max(epoch, record.tag.epoch))
            users?.release(stopped.user, of: directory)
            layers = stopped.allLayers
        }
        let trash = try moveToTrash(directory.path)
        return ([trash] + (try releaseLayers(layers)), remains)
    }

    private func hold(_ record: LocalBoxRecord) throws(DriverError) -> HeldMount? {
        guard let process = record.process, try isRunning(record) else { return nil }
        return HeldMount(rootOf: process)
    }

    func list() throws(DriverError) -> [BoxListing] {
        var listings: [BoxListing] = []
        for name in try HostFile.names(in: configuration.boxesDirectory) ?? [] {
            let directory = BoxDirectory(path: "\(configuration.boxesDirectory)/\(name)")
            // A record that cannot be read makes a box without a tag: reported, and left alone.
            let record = try? directory.readRecord()
            guard record?.tag.fleet == configuration.fleet || record == nil else { continue }
            listings.append(
                BoxListing(externalID: name, tag: record?.tag, isRunning: try record.map(isRunning) ?? false)
            )
        }
        return listings
    }

    func isRunning(_ record: LocalBoxRecord) throws(DriverError) -> Bool {
        guard record.state == .running, let process = record.process else { return false }
        guard let hold = try process.hold() else { return false }
        return try !hold.waitForEnd(.zero)
    }

    /// Whether a box that was last seen running is not any more, or ends soon.
    func hasEnded(_ box: BoxID, within patience: Duration) throws(DriverError) -> Bool {
        guard let process = try directory(box).readRecord()?.process, let hold = try process.hold() else { return true }
        return try hold.waitForEnd(patience)
    }

    /// A newer owner has acted on this box already.
    func fence(_ record: LocalBoxRecord, _ epoch: UInt64) throws(DriverError) {
        guard epoch >= record.tag.epoch else {
            throw DriverError(.conflict, "epoch \(epoch) is superseded by \(record.tag.epoch)")
        }
    }

    /// - Returns: Whether it had to be started.
    private func bringUp(_ directory: BoxDirectory, _ record: LocalBoxRecord, epoch: UInt64) throws(DriverError) -> Bool
    {
        try fence(record, epoch)
        if try isRunning(record) {
            try BoxFreeze.undo(record.group)
            guard epoch > record.tag.epoch else { return false }
            var newer = record
            newer.tag.epoch = epoch
            try directory.write(newer)
            return false
        }
        let image = try images.resolve(record.image)
        var next = try halt(directory, record, epoch: epoch)
        try settleMove(directory, &next)
        try capabilities.check(next.limits)
        try users?.reclaim(next.user, for: directory)
        next.state = .starting
        do throws(DriverError) {
            try start(directory, &next, image)
        } catch {
            next.state = .stopped
            next.process = nil
            try? directory.write(next)
            throw error
        }
        return true
    }

    func moveToTrash(_ path: String) throws(DriverError) -> String {
        let target = trashPath(for: lastComponent(path))
        guard rename(path, target) == 0 else { throw .system("cannot move files to the trash") }
        return target
    }

    func trashPath(for name: some StringProtocol) -> String {
        "\(configuration.trashDirectory)/\(name)-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    }
}
