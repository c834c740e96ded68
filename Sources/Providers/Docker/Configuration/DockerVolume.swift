import FoundationEssentials
package import ProviderKit

/// A volume that outlives boxes, and where it is in them.
package struct DockerVolume: Sendable, Hashable {
    private static let limit = 16
    private static let longestName = 64
    /// A box's own, and the kernel's.
    private static let kept = [BoxPlaces.workspace, BoxPlaces.own, "/proc", "/sys", "/dev"]

    package let name: String
    /// Absolute, without a slash at its end.
    package let target: String
    package let isReadOnly: Bool

    /// - Parameters:
    ///   - text: `name:/path` or `name:/path:ro`, several with commas or blanks between them, or as a JSON array.
    ///   - what: How errors call it.
    /// - Throws: `invalid`.
    package static func parse(_ text: String, _ what: String) throws(DriverError) -> [DockerVolume] {
        let words: [String]
        if text.hasPrefix("[") {
            guard let list = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) else {
                throw DriverError(.invalid, "\(what) has to be a list of name:/path or name:/path:ro.")
            }
            words = list
        } else {
            words = text.split { $0 == "," || $0.isWhitespace }.map(String.init)
        }
        guard words.count <= limit else { throw DriverError(.invalid, "\(what) names more than \(limit) volumes.") }
        var volumes: [DockerVolume] = []
        for word in words {
            let volume = try DockerVolume(word, what)
            guard !volumes.contains(where: { $0.target == volume.target }) else {
                throw DriverError(.invalid, "\(what) names \(volume.target) twice.")
            }
            volumes.append(volume)
        }
        return volumes
    }

    private init(_ word: String, _ what: String) throws(DriverError) {
        let parts = word.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), parts.count == 2 || ["ro", "rw"].contains(parts[2]) else {
            throw DriverError(.invalid, "\(what) has to be name:/path or name:/path:ro.")
        }
        name = parts[0]
        target = parts[1]
        isReadOnly = parts.count == 3 && parts[2] == "ro"
        guard Self.isName(name) else {
            throw DriverError(
                .invalid,
                "\(what): a volume's name is of letters, digits, '.', '_' and '-', and at most \(Self.longestName) of them."
            )
        }
        guard Self.isTarget(target) else {
            throw DriverError(
                .invalid,
                "\(what): a volume goes to an absolute path outside of \(Self.kept.joined(separator: ", "))."
            )
        }
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count <= longestName else { return false }
        let isPlain = { (byte: UInt8) in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
        }
        return isPlain(first) && text.utf8.allSatisfy { isPlain($0) || [0x2D, 0x2E, 0x5F].contains($0) }
    }

    private static func isTarget(_ path: String) -> Bool {
        guard path.hasPrefix("/"), path.utf8.count <= 255, path.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else {
            return false
        }
        let names = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard names.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.contains(",") }) else { return false }
        return !kept.contains { path == $0 || path.hasPrefix($0 + "/") }
    }
}
