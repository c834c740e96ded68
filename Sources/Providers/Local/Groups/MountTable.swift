import ProviderKit

/// One line of `/proc/self/mountinfo`.
struct MountEntry: Sendable, Hashable {
    /// Which directory of the filesystem is mounted.
    var root: String
    var mountPoint: String
    var fileSystem: String
    /// The options of the filesystem itself; a cgroup v1 hierarchy names its controllers here.
    var superOptions: [String]

    init?(line: Substring) {
        // id parent major:minor root mountpoint options optional… - type source super
        let fields = line.split(separator: " ")
        guard let separator = fields.firstIndex(of: "-"), separator >= 6, fields.count > separator + 3 else {
            return nil
        }
        root = Self.unescape(fields[3])
        mountPoint = Self.unescape(fields[4])
        fileSystem = String(fields[separator + 1])
        superOptions = fields[separator + 3].split(separator: ",").map(String.init)
    }

    static func all() throws(DriverError) -> [MountEntry] {
        let text = try HostFile.text("/proc/self/mountinfo") ?? ""
        return text.split(separator: "\n").compactMap { MountEntry(line: $0) }
    }

    /// Spaces, tabs, newlines and backslashes are written as three octal digits.
    private static func unescape(_ field: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(field.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\\"), rest.count >= 3,
                let value = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
            {
                bytes.append(value)
                rest = rest.dropFirst(3)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
