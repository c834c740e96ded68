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
    /// Boxes that waited for a sandbox; thrown away.
    var waiting = 0
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
        var used = UsedByBoxes()
        // What is there now was made for boxes that are found below, wherever another process puts them meanwhile: first
        // they wait in a pool, then they are in their sandbox's directory.
        let groups = boxGroups()
        try recoverPools(&recovery, &used)
        for name in try HostFile.names(in: configuration.boxesDirectory) ?? [] {
            let directory = BoxDirectory(path: "\(configuration.boxesDirectory)/\(name)")
            do throws(DriverError) {
                try settle(directory, &recovery)
            } catch {
                recovery.unreadable.append(name)
            }
            used.note(directory)
        }
        // A record that cannot be read may name any of them, and its box may run.
        if used.isComplete { for group in groups where !used.names(group) { removeGroup(group) } }
        try recoverArchives(&recovery)
        if used.isComplete { try images.prune(keeping: used.layers) }
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

    /// The control groups that are there and may be boxes'.
    private func boxGroups() -> [BoxGroup] {
        let bases = Set(capabilities.groups.legacy.values).union(capabilities.groups.unified.map { [$0] } ?? [])
        return bases.flatMap { base -> [BoxGroup] in
            let names = ((try? HostFile.names(in: base)) ?? []).filter { BoxID($0) != nil }
            let isUnified = base == capabilities.groups.unified
            return names.map { name in
                let path = "\(base)/\(name)"
                return BoxGroup(unified: isUnified ? path : nil, legacy: isUnified ? [] : [path])
            }
        }
    }

    /// Throws away the boxes that waited for a sandbox when their worker died.
    private func recoverPools(_ recovery: inout Recovery, _ used: inout UsedByBoxes) throws(DriverError) {
        for name in try HostFile.names(in: configuration.poolDirectory) ?? [] {
            let run = "\(configuration.poolDirectory)/\(name)"
            do throws(DriverError) {
                guard let lock = try FileLock.attempt(PoolDirectory.lockPath(run)) else {
                    // Of a worker that lives.
                    for directory in try PoolDirectory.boxes(in: run) { used.note(directory) }
                    continue
                }
                _ = lock
                for directory in try PoolDirectory.boxes(in: run) {
                    try discard(pooled: directory)
                    recovery.waiting += 1
                }
                recovery.trash.append(try moveToTrash(run))
            } catch {
                // It may have gone by itself just now.
                guard HostFile.status(run) != nil else { continue }
                recovery.unreadable.append(name)
                used.isComplete = false
            }
        }
    }
}

/// What the boxes that are there need, as their records tell.
private struct UsedByBoxes {
    var layers: Set<String> = []
    private var groups: Set<String> = []
    var isComplete = true

    mutating func note(_ directory: BoxDirectory) {
        // A box that is being made may not have written down its group yet, which has its name.
        groups.insert(String(lastComponent(directory.path)))
        do throws(DriverError) {
            guard let record = try directory.readRecord() else { return }
            layers.formUnion(record.layers)
            // The group of a box that has waited in a pool has another name than the box.
            for path in record.group?.directories ?? [] { groups.insert(String(lastComponent(path))) }
        } catch {
            isComplete = false
        }
    }

    func names(_ group: BoxGroup) -> Bool {
        group.directories.contains { groups.contains(String(lastComponent($0))) }
    }
}
