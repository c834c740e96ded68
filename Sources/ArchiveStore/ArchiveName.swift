/// The name of an object, checked: nothing in it can lead out of a store.
struct ArchiveName: Sendable, Hashable {
    static let maximumParts = 8
    static let maximumLength = 128

    /// The folder's parts.
    let folder: [String]
    let leaf: String

    init(_ text: String) throws(ArchiveError) {
        var parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= Self.maximumParts, parts.allSatisfy(Self.isPart), let leaf = parts.popLast() else {
            throw ArchiveError(.invalidName, "not a name of an object: \(text.prefix(200).debugDescription)")
        }
        folder = parts
        self.leaf = leaf
    }

    /// Reads the beginning of names: whole parts, and the beginning of another one, possibly empty.
    static func prefix(_ text: String) throws(ArchiveError) -> (folder: [String], beginning: String) {
        var parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let beginning = parts.popLast() ?? ""
        let isBeginning = beginning.isEmpty || isPart(beginning + "x")
        guard parts.count < maximumParts, parts.allSatisfy(isPart), isBeginning else {
            throw ArchiveError(.invalidName, "not the beginning of names: \(text.prefix(200).debugDescription)")
        }
        return (parts, beginning)
    }

    private static func isPart(_ text: String) -> Bool {
        let isDot = { (byte: UInt8?) in byte == UInt8(ascii: ".") }
        return !text.isEmpty && text.utf8.count <= maximumLength && text.utf8.allSatisfy(isAllowed)
            && !isDot(text.utf8.first) && !isDot(text.utf8.last)
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
