/// A file as it was stored.
public struct FileInfo: Codable, Hashable, Sendable {
    /// Its absolute path in the sandbox.
    public let path: String
    /// The number of bytes.
    public let size: Int
    /// Its permission bits, in octal digits as in `0644`.
    public let mode: String?
    /// The SHA-256 of its bytes in hexadecimal digits.
    public let sha256: String?
}

extension FileInfo {
    /// Reads the document of the API; the mode may be a number or octal digits.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        path = try values.decode(String.self, forKey: .path)
        size = try values.decode(Int.self, forKey: .size)
        mode = try values.decodeMode(forKey: .mode)
        sha256 = try values.decodeIfPresent(String.self, forKey: .sha256)
    }
}

extension KeyedDecodingContainer {
    /// Permission bits in octal digits, from octal digits or a number.
    func decodeMode(forKey key: Key) throws -> String? {
        if let number = try? decodeIfPresent(Int.self, forKey: key) {
            let digits = String(number & 0o7777, radix: 8)
            return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        }
        return try decodeIfPresent(String.self, forKey: key)
    }
}
