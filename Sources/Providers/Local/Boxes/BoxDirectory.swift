import FoundationEssentials
import Glibc
import Model
import ProviderKit

/// A box whose processes run.
struct FoundBox: Sendable, Hashable {
    var directory: BoxDirectory
    /// They were started by the call that has found it.
    var isFresh: Bool
}

/// The files of one box on the host.
struct BoxDirectory: Sendable, Hashable {
    let path: String

    init(_ box: BoxID, in configuration: LocalConfiguration) {
        path = "\(configuration.boxesDirectory)/\(box)"
    }

    init(path: String) {
        self.path = path
    }

    /// Everything that is the box's own, in one subvolume where there are such; boxes of earlier versions have no such directory.
    var files: String { "\(path)/files" }
    /// Where the files lie, relative to the box's directory.
    var prefix: String { HostFile.status(files) == nil ? "" : "files/" }
    /// What the box has changed.
    var upper: String { "\(path)/\(prefix)upper" }
    var work: String { "\(path)/\(prefix)work" }
    /// The whole root, where overlays are refused.
    var plainRoot: String { "\(path)/\(prefix)root" }
    var isSubvolume: Bool {
        guard let own = HostFile.status(path), let files = HostFile.status(files) else { return false }
        return own.st_dev != files.st_dev
    }
    /// Where the overlay is mounted, in the box's own namespace only.
    var mountPoint: String { "\(path)/mount" }
    var record: String { "\(path)/box.json" }
    var socket: String { "\(path)/box.sock" }
    var log: String { "\(path)/boxd.log" }
    var lock: String { "\(path)/lock" }
    /// Written by bubblewrap's process itself before it runs, so that a launch cut short leaves a trace.
    var birth: String { "\(path)/birth" }

    func readRecord() throws(DriverError) -> LocalBoxRecord? {
        guard let bytes = try HostFile.read(record) else { return nil }
        do {
            return try JSONDecoder().decode(LocalBoxRecord.self, from: Data(bytes))
        } catch {
            // A record that cannot be read is no proof of anything.
            throw DriverError(.transient, "the record of box \(lastComponent(path)) cannot be read")
        }
    }

    func write(_ record: LocalBoxRecord) throws(DriverError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes: Data
        do {
            bytes = try encoder.encode(record)
        } catch {
            throw DriverError(.transient, "the record of box \(lastComponent(path)) cannot be written")
        }
        try HostFile.replace(self.record, with: bytes)
    }

    /// Takes the box for one operation, among all processes of the host; nil when the box is not here.
    func take() throws(DriverError) -> FileLock? {
        guard HostFile.status(path) != nil else { return nil }
        guard let lock = try FileLock.attempt(lock) else {
            guard HostFile.status(path) != nil else { return nil }
            throw DriverError(.conflict, "another operation on this box is under way")
        }
        return lock
    }

    /// The end of the log of the box's first process, for a person.
    func logTail() -> String {
        let bytes = (try? HostFile.read(log)) ?? []
        let text = String(decoding: bytes.suffix(512), as: UTF8.self)
        return text.split(separator: "\n").suffix(2).joined(separator: " ")
    }
}
