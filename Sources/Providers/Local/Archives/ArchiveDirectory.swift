import FoundationEssentials
import Glibc
import Model
import ProviderKit

/// The files of one saved workspace on the host.
struct ArchiveDirectory: Sendable, Hashable {
    let path: String

    init(_ archive: ArchiveID, in configuration: LocalConfiguration) {
        path = "\(configuration.archivesDirectory)/\(archive)"
    }

    init(path: String) {
        self.path = path
    }

    var record: String { "\(path)/archive.json" }
    var lock: String { "\(path)/lock" }
    /// A snapshot or a copied root.
    var files: String { "\(path)/files" }
    /// A copy that is being made.
    var unfinished: String { "\(path)/unfinished" }
    /// Where the record of a snapshot lies beside the files that it tells of, in a box and in what is made of it.
    static func enclosedRecord(in files: String) -> String { "\(files)/archive.json" }

    /// Nil when nothing whole is here.
    ///
    /// A snapshot holds its record itself: both outlive a loss of power, or neither does, while the record outside may be late.
    ///
    /// - Throws: `archiveDamaged` when there is something that cannot be read, or was written by a later version.
    func readRecord() throws(DriverError) -> LocalArchiveRecord? {
        let outside: DriverError
        do throws(DriverError) {
            if let record = try read(record) { return record }
            return try readEnclosedRecord()
        } catch {
            outside = error
        }
        guard let enclosed = try readEnclosedRecord() else { throw outside }
        return enclosed
    }

    /// Not that of another archive, which the box's files began with.
    private func readEnclosedRecord() throws(DriverError) -> LocalArchiveRecord? {
        guard let record = try read(Self.enclosedRecord(in: files)), record.way == .snapshot,
            record.archive?.rawValue == String(lastComponent(path))
        else { return nil }
        return record
    }

    private func read(_ path: String) throws(DriverError) -> LocalArchiveRecord? {
        guard let bytes = try HostFile.read(path) else { return nil }
        let data = Data(bytes)
        do {
            let version = try JSONDecoder().decode(Version.self, from: data).version
            if version <= LocalArchiveRecord.currentVersion {
                return try JSONDecoder().decode(LocalArchiveRecord.self, from: data)
            }
        } catch {
            throw DriverError(.archiveDamaged, "the record of archive \(lastComponent(self.path)) cannot be read")
        }
        throw DriverError(.archiveDamaged, "archive \(lastComponent(self.path)) was written by a later version")
    }

    /// Makes the archive whole, and lasting; a snapshot is that already.
    func write(_ record: LocalArchiveRecord) throws(DriverError) {
        try HostFile.replace(self.record, with: try encoded(record), lasting: record.way != .snapshot)
    }

    /// Writes the record into the files that a snapshot is about to be made of.
    func enclose(_ record: LocalArchiveRecord, in files: String) throws(DriverError) {
        try HostFile.replace(Self.enclosedRecord(in: files), with: try encoded(record))
    }

    private func encoded(_ record: LocalArchiveRecord) throws(DriverError) -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return try encoder.encode(record)
        } catch {
            throw DriverError(.transient, "the record of archive \(lastComponent(path)) cannot be written")
        }
    }

    /// Takes the archive for making or deleting it; nil when somebody else has it, or it has gone.
    func take() throws(DriverError) -> FileLock? {
        guard HostFile.status(path) != nil else { return nil }
        return try FileLock.attempt(lock)
    }

    private struct Version: Decodable {
        var version: Int
    }
}
