import Glibc
import ProviderKit

extension BoxKeeper {
    /// Starts the processes of a box whose lock is held; the record says `running` afterwards.
    func start(_ directory: BoxDirectory, _ record: inout LocalBoxRecord, _ image: ResolvedImage) throws(DriverError) {
        // A box that was made where overlays were refused keeps the root that it has.
        let usesOverlay = capabilities.overlayObstacle == nil && HostFile.status(directory.plainRoot) == nil
        record.layers = image.layers
        record.process = nil
        record.group = nil
        // The intent, with everything that a successor needs to find what this leaves behind.
        try write(record, in: directory)
        try prepareFiles(directory, record, image, usesOverlay: usesOverlay)
        let group = try BoxGroup.make(
            named: "\(record.tag.box)",
            limits: record.limits,
            in: capabilities.groups
        )
        record.group = group
        let delegatesGroup = capabilities.delegatesGroups && group.unified != nil
        let plan = LaunchPlan(
            directory: directory,
            image: image,
            savedLayers: record.savedLayers ?? [],
            networkPolicy: record.networkPolicy,
            user: record.user,
            storedAs: record.storedAs == record.user ? nil : record.storedAs,
            isRoot: capabilities.isRoot,
            usesOverlay: usesOverlay,
            processLimit: capabilities.groups.unifiedControllers.contains(.pids) ? nil : record.limits.processes,
            memoryMb: record.limits.memoryMb,
            delegatesGroup: delegatesGroup,
            daemonPath: configuration.daemonPath,
            bubblewrapPath: configuration.bubblewrapPath
        )
        var running = record
        do throws(DriverError) {
            if delegatesGroup { try group.delegate(to: record.user) }
            _ = try launcher.start(plan, group: group) { process throws(DriverError) in
                running.state = .running
                running.process = process
                try directory.write(running)
            }
        } catch {
            removeGroup(group)
            record.group = nil
            throw error
        }
        record = running
    }

    /// The directories that the box's user may write from the beginning.
    private func prepareFiles(
        _ directory: BoxDirectory,
        _ record: LocalBoxRecord,
        _ image: ResolvedImage,
        usesOverlay: Bool
    ) throws(DriverError) {
        if usesOverlay { try HostFile.makeDirectory(directory.mountPoint) }
        try makeFilesDirectory(directory)
        if usesOverlay { try HostFile.makeDirectory(directory.work) }
        let root = usesOverlay ? directory.upper : directory.plainRoot
        guard HostFile.status(root) == nil else { return }
        // What it had before are layers now.
        if record.savedLayers?.isEmpty == false { return try HostFile.makeDirectory(root, mode: 0o755) }
        // Under another name until it is whole, so that half of it is never taken for all of it.
        let unfinished = "\(root).new"
        try FileTree.remove(unfinished)
        try HostFile.makeDirectory(unfinished, mode: 0o755)
        if !usesOverlay {
            for layer in image.layers.reversed() { try FileTree.copy(layer, to: unfinished) }
        }
        guard chmod(unfinished, 0o755) == 0 else { throw .system("cannot set a mode") }
        let owned = ["workspace", "home/\(Skeleton.userName)"]
        for name in ["home", "tmp"] + owned { try HostFile.makeDirectory("\(unfinished)/\(name)", mode: 0o755) }
        guard chmod("\(unfinished)/tmp", 0o1777) == 0 else { throw .system("cannot set a mode") }
        for name in owned where capabilities.isRoot {
            guard chown("\(unfinished)/\(name)", record.user, record.user) == 0 else {
                throw .system("cannot give a directory to the box's user")
            }
        }
        guard rename(unfinished, root) == 0 else { throw .system("cannot publish the box's files") }
    }

    /// Where the box's own files are to lie; a subvolume where there are such.
    func makeFilesDirectory(_ directory: BoxDirectory) throws(DriverError) {
        for path in [directory.files, directory.upper, directory.plainRoot] where HostFile.status(path) != nil {
            return
        }
        guard capabilities.subvolumeObstacle == nil else { return try HostFile.makeDirectory(directory.files) }
        try Subvolume.make(directory.files)
        guard chmod(directory.files, 0o700) == 0 else { throw .system("cannot set a mode") }
    }

    /// Writes a box's record; the search for layers that nobody needs does not miss those that it names.
    func write(_ record: LocalBoxRecord, in directory: BoxDirectory) throws(DriverError) {
        guard !record.allLayers.isEmpty else { return try directory.write(record) }
        let lock = try savedLayers.lock()
        _ = lock
        try directory.write(record)
    }
}
