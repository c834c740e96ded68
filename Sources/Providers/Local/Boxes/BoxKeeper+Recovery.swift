import Glibc
import Model
import ProviderKit

/// What a start found of earlier ones.
struct Recovery: Sendable, Hashable {
    var running = 0
    var stopped = 0
    /// Boxes that had died without being stopped; their files live on.
    var died = 0
    /// Launches cut short that nobody was told of.
    var discarded = 0
    /// Boxes and archives that could not be looked at; left alone.
    var unreadable: [String] = []
    /// Directories that wait for removal.
    var trash: [String] = []
}

extension BoxKeeper {
    /// Settles what an earlier process has left in the middle of something.
    ///
    /// Boxes that another process works on at this moment are that process's.
    func recover() throws(DriverError) -> Recovery {
        var recovery = Recovery()
        var layers: Set<String> = []
        var names: Set<String> = []
        var namesAllLayers = true
        for name in try HostFile.names(in: configuration.boxesDirectory) ?? [] {
            names.insert(name)
            let directory = BoxDirectory(path: "\(configuration.boxesDirectory)/\(name)")
            do throws(DriverError) {
                try settle(directory, &recovery)
            } catch {
                recovery.unreadable.append(name)
            }
            do throws(DriverError) {
                layers.formUnion(try directory.readRecord()?.layers ?? [])
            } catch {
                namesAllLayers = false
            }
        }
        removeGroups(except: names)
        try recoverArchives(&recovery)
        // A record that cannot be read may name any of them, and its box may run.
        if namesAllLayers { try images.prune(keeping: layers) }
        for name in try HostFile.names(in: configuration.trashDirectory) ?? [] {
            recovery.trash.append("\(configuration.trashDirectory)/\(name)")
        }
        return recovery
    }

    private func settle(_ directory: BoxDirectory, _ recovery: inout Recovery) throws(DriverError) {
        guard let lock = try directory.take() else { return }
        _ = lock
        guard var record = try directory.readRecord() else {
            // Made, but not even the intent was written.
            try BoxLauncher.abandon(directory, nil)
            recovery.trash.append(try moveToTrash(directory.path))
            recovery.discarded += 1
            return
        }
        if record.state != .creating { try settleMove(directory, &record) }
        switch record.state {
        case .creating:
            try discard(directory, record)
            recovery.trash.append(try moveToTrash(directory.path))
            recovery.discarded += 1
        case .stopped:
            // Whoever stopped it may not have lived to clear up.
            try BoxRemains(of: try BoxLauncher.bubblewrap(directory), leftoverGroup(directory))?.clear()
            recovery.stopped += 1
        case .running:
            if try isRunning(record) {
                try BoxFreeze.undo(record.group)
                recovery.running += 1
                return
            }
            _ = try halt(directory, record, epoch: record.tag.epoch)
            recovery.died += 1
        case .starting:
            _ = try halt(directory, record, epoch: record.tag.epoch)
            recovery.died += 1
        }
    }

    /// Groups of boxes that are not there any more.
    private func removeGroups(except boxes: Set<String>) {
        let bases = Set(capabilities.groups.legacy.values).union(capabilities.groups.unified.map { [$0] } ?? [])
        for base in bases {
            for name in (try? HostFile.names(in: base)) ?? [] where BoxID(name) != nil && !boxes.contains(name) {
                let path = "\(base)/\(name)"
                let isUnified = base == capabilities.groups.unified
                removeGroup(BoxGroup(unified: isUnified ? path : nil, legacy: isUnified ? [] : [path]))
            }
        }
    }
}
