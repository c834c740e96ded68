import NIOCore

/// What the beginning of a tar of a directory tells of it.
///
/// Pure.
enum DirectoryListing {
    struct Directory: Sendable, Hashable {
        var owner: BoxUser
        var mode: UInt32
    }

    enum Verdict: Sendable, Hashable {
        /// There is nothing in it.
        case empty(Directory)
        case other
        /// The beginning is too short to tell.
        case undecided
    }

    private static let block = 512

    static func verdict(on beginning: ByteBuffer) -> Verdict {
        var rest = beginning
        var directory: Directory?
        while let head = rest.readBytes(length: block) {
            if head[0] == 0 { return directory.map(Verdict.empty) ?? .other }
            let size = number(head[124..<136]) ?? 0
            switch Character(UnicodeScalar(head[156])) {
            // Extended headers come before what they are about.
            case "x", "g", "L", "K":
                let padded = (size + block - 1) / block * block
                guard rest.readableBytes >= padded else { return .undecided }
                rest.moveReaderIndex(forwardBy: padded)
            case "5" where directory == nil:
                guard let uid = number(head[108..<116]), let gid = number(head[116..<124]),
                    let mode = number(head[100..<108])
                else { return .other }
                let owner = BoxUser(uid: UInt32(clamping: uid), gid: UInt32(clamping: gid))
                directory = Directory(owner: owner, mode: UInt32(clamping: mode & 0o7777))
            default: return .other
            }
        }
        return .undecided
    }

    /// Octal digits; nil for the other forms, which only very large numbers have.
    private static func number(_ field: ArraySlice<UInt8>) -> Int? {
        let digits = field.drop { $0 == UInt8(ascii: " ") }.prefix { $0 != 0 && $0 != UInt8(ascii: " ") }
        return Int(String(decoding: digits, as: UTF8.self), radix: 8)
    }
}
