import Glibc
import ProviderKit

extension BoxKeeper {
    /// Starts the processes of a box whose lock is held; the record says `running` afterwards.
    func start(_ directory: BoxDirectory, _ record: inout LocalBoxRecord, _ image: ResolvedImage) throws(DriverError) {
        let usesOverlay = capabilities.overlayObstacle == nil
        record.layers = image.layers
        record.process = nil
        record.group = nil
        // The intent, with everything that a successor needs to find what this leaves behind.
        try directory.write(record)
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
            networkPolicy: record.networkPolicy,
            user: record.user,
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
        let root = usesOverlay ? directory.upper : directory.plainRoot
        guard HostFile.status(root) == nil else { return }
        if usesOverlay { try HostFile.makeDirectory(directory.work) }
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
}
