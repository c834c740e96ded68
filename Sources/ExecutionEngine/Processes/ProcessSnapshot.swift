import Glibc

/// One process as `/proc` shows it.
struct ProcessSnapshot {
    var process: Int32
    var parent: Int32
    var session: Int32
    /// Together with the id this names a process for good.
    var startTime: UInt64
    /// It has ended and only waits to be reaped.
    var isDead: Bool

    init?(process: Int32) {
        guard let bytes = ProcFile.read("/proc/\(process)/stat"),
            // The command's name is in parentheses and may contain anything, closing parentheses too.
            let nameEnd = bytes.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = bytes[(nameEnd + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19,
            let parent = Int32(String(decoding: fields[1], as: UTF8.self)),
            let session = Int32(String(decoding: fields[3], as: UTF8.self)),
            let startTime = UInt64(String(decoding: fields[19], as: UTF8.self))
        else { return nil }
        self.process = process
        self.parent = parent
        self.session = session
        self.startTime = startTime
        isDead = fields[0].first == UInt8(ascii: "Z") || fields[0].first == UInt8(ascii: "X")
    }

    /// Every process that this one may see.
    static func all() -> [ProcessSnapshot] {
        guard let directory = opendir("/proc") else { return [] }
        defer { closedir(directory) }
        var snapshots: [ProcessSnapshot] = []
        while let entry = readdir(directory) {
            let number = withUnsafeBytes(of: &entry.pointee.d_name) { name in
                Int32(String(decoding: name.prefix { $0 != 0 }, as: UTF8.self))
            }
            if let number, let snapshot = ProcessSnapshot(process: number) {
                snapshots.append(snapshot)
            }
        }
        return snapshots
    }

    /// Whether the process was started with this `NAME=value` entry, as far as it may be looked at.
    func hasEnvironment(_ entry: String) -> Bool {
        guard let bytes = ProcFile.read("/proc/\(process)/environ") else { return false }
        return bytes.split(separator: 0).contains { $0.elementsEqual(entry.utf8) }
    }
}
