import Glibc
import ProviderKit

extension BoxKeeper {
    private static let patience: Duration = .seconds(10)

    /// Ends every process of a box whose lock is held, verifies that they are dead, and removes its control groups.
    ///
    /// - Returns: The record as it is written now.
    func halt(_ directory: BoxDirectory, _ record: LocalBoxRecord, epoch: UInt64) throws(DriverError) -> LocalBoxRecord
    {
        try end(directory, record)
        var stopped = record
        stopped.tag.epoch = epoch
        stopped.group = nil
        stopped.process = nil
        if stopped.state != .creating { stopped.state = .stopped }
        unlink(directory.socket)
        if stopped != record { try directory.write(stopped) }
        return stopped
    }

    /// Removes what an attempt to make a box has left, except its directory.
    func discard(_ directory: BoxDirectory, _ record: LocalBoxRecord) throws(DriverError) {
        try end(directory, record)
        users?.release(record.user, of: directory)
        for path in [directory.record, directory.socket, directory.birth, directory.log] { unlink(path) }
        for path in [directory.upper, directory.work, directory.plainRoot, directory.files] {
            try FileTree.remove(path)
        }
    }

    private func end(_ directory: BoxDirectory, _ record: LocalBoxRecord) throws(DriverError) {
        // The first process is the namespace's: its end is everybody's.
        if let process = record.process, let hold = try process.hold() {
            try hold.signal(SIGKILL)
            guard try hold.waitForEnd(Self.patience) else {
                throw DriverError(.timeout, "the box's processes do not end")
            }
            try BoxLauncher.letBubblewrapEnd(directory)
        }
        let group = record.group ?? leftoverGroup(directory)
        try BoxLauncher.abandon(directory, group)
        if let group { removeGroup(group) }
    }

    /// The groups of a launch that was cut short before it could write them down.
    private func leftoverGroup(_ directory: BoxDirectory) -> BoxGroup? {
        let name = String(lastComponent(directory.path))
        let unified = capabilities.groups.unified.map { "\($0)/\(name)" }
            .flatMap { HostFile.status($0) == nil ? nil : $0 }
        let legacy = Set(capabilities.groups.legacy.values).map { "\($0)/\(name)" }
            .filter { HostFile.status($0) != nil }
        return unified == nil && legacy.isEmpty ? nil : BoxGroup(unified: unified, legacy: legacy)
    }

    /// The kernel lets go of a dead process a moment after it has reported its death.
    func removeGroup(_ group: BoxGroup) {
        for attempt in 0..<200 {
            if group.remove() { return }
            if attempt == 0 { _ = try? group.kill() }
            usleep(1_000)
        }
    }
}
