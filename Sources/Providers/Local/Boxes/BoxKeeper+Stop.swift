import Glibc
import ProviderKit

extension BoxKeeper {
    private static let patience: Duration = .seconds(10)

    /// Ends every process of a box whose lock is held, verifies that they are dead, and removes what is left of them.
    ///
    /// - Returns: The record as it is written now.
    func halt(_ directory: BoxDirectory, _ record: LocalBoxRecord, epoch: UInt64) throws(DriverError) -> LocalBoxRecord
    {
        let (stopped, remains) = try kill(directory, record, epoch: epoch)
        try remains?.clear()
        return stopped
    }

    /// Ends every process of a box whose lock is held, and verifies that they are dead.
    ///
    /// - Returns: The record as it is written now, and what is to be cleared before the box is started again.
    func kill(
        _ directory: BoxDirectory,
        _ record: LocalBoxRecord,
        epoch: UInt64
    ) throws(DriverError) -> (LocalBoxRecord, BoxRemains?) {
        let remains = try end(directory, record)
        var stopped = record
        stopped.tag.epoch = epoch
        stopped.group = nil
        stopped.process = nil
        if stopped.state != .creating { stopped.state = .stopped }
        unlink(directory.socket)
        if stopped != record { try directory.write(stopped) }
        return (stopped, remains)
    }

    /// Removes what an attempt to make a box has left, except its directory.
    func discard(_ directory: BoxDirectory, _ record: LocalBoxRecord) throws(DriverError) {
        try end(directory, record)?.clear()
        users?.release(record.user, of: directory)
        for path in [directory.record, directory.socket, directory.birth, directory.log] { unlink(path) }
        for path in [directory.upper, directory.work, directory.plainRoot, directory.files] {
            try FileTree.remove(path)
        }
    }

    private func end(_ directory: BoxDirectory, _ record: LocalBoxRecord) throws(DriverError) -> BoxRemains? {
        let groups = record.group ?? leftoverGroup(directory)
        // The first process is the namespace's: its end is everybody's.
        if let process = record.process, let hold = try process.hold() {
            try hold.signal(SIGKILL)
            guard try hold.waitForEnd(Self.patience) else {
                throw DriverError(.timeout, "the box's processes do not end")
            }
        } else if record.state != .stopped {
            // Perhaps a launch that was cut short, and waits.
            try BoxLauncher.abandon(directory, groups)
        }
        return BoxRemains(of: try BoxLauncher.bubblewrap(directory), groups)
    }

    /// The groups of a launch that was cut short before it could write them down.
    func leftoverGroup(_ directory: BoxDirectory) -> BoxGroup? {
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
