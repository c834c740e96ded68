/// A path inside an archive, in parts; nothing in it leads out.
struct TarPath: Sendable, Hashable {
    /// Without `.` and empty parts; none of the archive's own root.
    let parts: [[UInt8]]

    init(_ bytes: [UInt8], limit: Int) throws(TarError) {
        guard !bytes.isEmpty, bytes.count <= limit, !bytes.contains(0) else {
            throw TarError(.path, "It has a path that is empty or too long: \(Self.shown(bytes))")
        }
        guard bytes.first != Self.slash else {
            throw TarError(.path, "It has an absolute path: \(Self.shown(bytes))")
        }
        parts = Self.split(bytes)
        guard !parts.contains(Self.up) else {
            throw TarError(.path, "It has a path that leads upwards: \(Self.shown(bytes))")
        }
    }

    private init(parts: [[UInt8]]) { self.parts = parts }

    /// The directories that it lies in, innermost last.
    var ancestors: [TarPath] { parts.indices.dropFirst().map { TarPath(parts: Array(parts[..<$0])) } }

    /// Whether a symbolic link at this path that points there stays inside the archive, wherever that is unpacked.
    ///
    /// Upward steps count only at the beginning: behind a name, that may itself be a link, nobody knows where up is.
    func confines(target: [UInt8]) -> Bool {
        guard target.first != Self.slash, !target.isEmpty else { return false }
        let steps = Self.split(target)
        let ups = steps.prefix { $0 == Self.up }.count
        return ups < max(1, parts.count) && !steps.dropFirst(ups).contains(Self.up)
    }

    /// For messages: the beginning, with everything unprintable escaped.
    static func shown(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(200), as: UTF8.self).debugDescription
    }

    private static let slash = UInt8(ascii: "/")
    private static let up = Array("..".utf8)

    private static func split(_ bytes: [UInt8]) -> [[UInt8]] {
        bytes.split(separator: slash).map(Array.init).filter { $0 != [UInt8(ascii: ".")] }
    }
}
