public import FoundationEssentials

/// A part of what a directory holds.
public struct DirectoryListing: Codable, Hashable, Sendable {
    /// The directory's absolute path.
    public let path: String
    /// What it holds, by name.
    public let entries: [DirectoryEntry]
    /// What to pass to get the next part; nil at the end.
    public let nextCursor: String?

    private enum CodingKeys: String, CodingKey {
        case path
        case entries = "items"
        case nextCursor
    }
}

/// One thing in a directory.
public struct DirectoryEntry: Codable, Hashable, Sendable {
    /// What it is.
    public struct Kind: OpenValue {
        /// The word of the API.
        public let rawValue: String

        /// Wraps a word, known or not.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// A regular file.
        public static let file = Self(rawValue: "file")
        /// A directory.
        public static let directory = Self(rawValue: "directory")
        /// A symbolic link.
        public static let symlink = Self(rawValue: "symlink")
        /// Anything else.
        public static let other = Self(rawValue: "other")
    }

    /// Its name in the directory.
    public let name: String
    /// What it is.
    public let type: Kind
    /// The number of its bytes.
    public let size: Int?
    /// Its permission bits in octal digits.
    public let mode: String?
    /// When its content last changed.
    public let modifiedAt: Date?
    /// Where a symbolic link points.
    public let target: String?
}

extension DirectoryEntry {
    /// Reads what is there; only the name and the type must be.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        name = try values.decode(String.self, forKey: .name)
        type = try values.decode(Kind.self, forKey: .type)
        size = try values.decodeIfPresent(Int.self, forKey: .size)
        mode = try values.decodeMode(forKey: .mode)
        modifiedAt = try values.decodeIfPresent(Date.self, forKey: .modifiedAt)
        target = try values.decodeIfPresent(String.self, forKey: .target)
    }
}
