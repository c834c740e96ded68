import FoundationEssentials
import Glibc
import Model
import ProviderKit

extension BoxKeeper {
    /// Saves a box's files under the archive's id, or finds what was saved under it before.
    func capture(
        _ archive: ArchiveID,
        of box: BoxID,
        sandbox: SandboxID,
        epoch: UInt64
    ) throws(DriverError) -> LocalArchiveRecord {
        let target = ArchiveDirectory(archive, in: configuration)
        let lock = try takeForSaving(target)
        _ = lock
        if let record = try target.readRecord() {
            guard record.sandbox == sandbox, record.fleet == configuration.fleet else {
                throw DriverError(.conflict, "an archive of this name belongs to another sandbox")
            }
            return record
        }
        do throws(DriverError) {
            try clear(target)
            let directory = directory(box)
            guard let boxLock = try directory.take(), let found = try directory.readRecord(), found.state != .creating
            else {
                throw DriverError(.gone, "the box does not exist on this host any more")
            }
            _ = boxLock
            guard found.tag.sandbox == sandbox else {
                throw DriverError(.conflict, "the box belongs to another sandbox")
            }
            try fence(found, epoch)
            return try save(directory, found, as: archive, in: target, epoch: epoch)
        } catch {
            // Nobody was told of it; what stays is found by the next start.
            try? FileTree.remove(target.path)
            throw error
        }
    }

    private func takeForSaving(_ target: ArchiveDirectory) throws(DriverError) -> FileLock {
        for _ in 0..<3 {
            try HostFile.makeDirectory(target.path)
            // Somebody who tidies may have taken the empty directory away just now.
            if let lock = try? target.take() { return lock }
            if HostFile.status(target.path) != nil { break }
        }
        throw DriverError(.conflict, "another operation on this archive is under way")
    }

    private func clear(_ target: ArchiveDirectory) throws(DriverError) {
        try FileTree.remove(target.files)
        try FileTree.remove(target.unfinished)
    }

    private func save(
        _ directory: BoxDirectory,
        _ found: LocalBoxRecord,
        as archive: ArchiveID,
        in target: ArchiveDirectory,
        epoch: UInt64
    ) throws(DriverError) -> LocalArchiveRecord {
        var box = found
        try settleMove(directory, &box)
        let isRunning = try isRunning(box)
        if !isRunning, box.state != .stopped { box = try halt(directory, box, epoch: max(epoch, box.tag.epoch)) }
        var record = LocalArchiveRecord(
            archive: archive,
            fleet: box.tag.fleet,
            sandbox: box.tag.sandbox,
            box: box.tag.box,
            epoch: epoch,
            image: box.image,
            layers: box.savedLayers ?? [],
            way: .layers,
            storedAs: box.storedAs ?? box.user,
            createdAt: Date()
        )
        // Files that are to be below another overlay are let go of by this one first.
        if !isRunning, !directory.isSubvolume { box = try halt(directory, box, epoch: box.tag.epoch) }
        if directory.isSubvolume {
            record.way = .snapshot
            try target.enclose(record, in: directory.files)
            try snapshot(directory, isRunning ? box : nil, to: target)
        } else if HostFile.status(directory.plainRoot) != nil {
            record.way = .copy
            record.size = try copyRoot(directory, isRunning ? box : nil, to: target)
        } else if isRunning {
            return try saveCopiedLayer(directory, box, as: archive, in: target, record)
        } else {
            return try saveOwnLayer(directory, &box, as: archive, in: target, record)
        }
        try publish(record, in: target)
        return record
    }

    /// Makes an archive whole.
    func publish(_ record: LocalArchiveRecord, in target: ArchiveDirectory) throws(DriverError) {
        guard !record.layers.isEmpty else { return try target.write(record) }
        let lock = try savedLayers.lock()
        _ = lock
        try target.write(record)
    }

    /// A read-only snapshot, under a freeze when the box runs.
    private func snapshot(
        _ directory: BoxDirectory,
        _ running: LocalBoxRecord?,
        to target: ArchiveDirectory
    ) throws(DriverError) {
        guard let running else {
            return try Subvolume.snapshot(directory.files, to: target.files, readOnly: true)
        }
        // What was not on disk yet is written while the box stands still. When that took too long, most of it is there now.
        for attempt in 0...1 {
            do throws(DriverError) {
                return try frozen(running) { _ throws(DriverError) in
                    try Subvolume.snapshot(directory.files, to: target.files, readOnly: true)
                }
            } catch {
                try FileTree.remove(target.files)
                guard error.kind == .timeout, attempt == 0 else { throw error }
            }
        }
    }

    private func copyRoot(
        _ directory: BoxDirectory,
        _ running: LocalBoxRecord?,
        to target: ArchiveDirectory
    ) throws(DriverError) -> Int64 {
        try HostFile.makeDirectory(target.files)
        let root = "\(target.files)/root"
        try HostFile.makeDirectory(root)
        guard let running else { return try Self.copy(directory.plainRoot, onto: root) }
        return try frozen(running) { deadline throws(DriverError) in
            try Self.copy(directory.plainRoot, onto: root, until: deadline)
        }
    }

    static func copy(
        _ source: String,
        onto target: String,
        until deadline: ContinuousClock.Instant? = nil
    ) throws(DriverError) -> Int64 {
        var copy = TreeCopy(deadline: deadline)
        try copy.copy(source, onto: target)
        return copy.bytes
    }

    /// Does something while nothing in a running box moves; when it did not stand still to the end, that was for nothing.
    func frozen<Value>(
        _ box: LocalBoxRecord,
        _ body: (ContinuousClock.Instant) throws(DriverError) -> Value
    ) throws(DriverError) -> Value {
        guard let group = box.group else {
            throw DriverError(.unsupported, "a running box can be frozen only in a cgroup2 group, which it has not")
        }
        let freeze = try BoxFreeze(group, guard: configuration.daemonPath)
        let result: Result<Value, DriverError>
        do throws(DriverError) {
            let value = try body(freeze.deadline)
            guard try freeze.holds() else {
                throw DriverError(.timeout, "saving the box took longer than it may stand still")
            }
            result = .success(value)
        } catch {
            result = .failure(error)
        }
        try freeze.thaw()
        return try result.get()
    }
}
