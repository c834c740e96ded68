public import FoundationEssentials
public import NIOCore

/// One piece of what an observed process did.
public struct ObservedChunk: Hashable, Sendable {
    /// What it tells.
    public let type: OutputChunk.Kind
    /// What was printed.
    public let bytes: ByteBuffer?
    /// What else there is to tell.
    public let data: [String: JSONValue]?
    /// When it happened; nil is now.
    public var at: Date?

    private init(_ type: OutputChunk.Kind, bytes: ByteBuffer? = nil, data: [String: JSONValue]? = nil) {
        self.type = type
        self.bytes = bytes
        self.data = data
    }

    /// It printed bytes.
    public static func stdout(_ bytes: ByteBuffer) -> Self { Self(.stdout, bytes: bytes) }

    /// It printed bytes to its standard error.
    public static func stderr(_ bytes: ByteBuffer) -> Self { Self(.stderr, bytes: bytes) }

    /// Its status changed.
    public static func status(_ data: [String: JSONValue]) -> Self { Self(.status, data: data) }

    /// A note.
    public static func metadata(_ data: [String: JSONValue]) -> Self { Self(.metadata, data: data) }

    /// It lives.
    public static let heartbeat = Self(.heartbeat)

    /// It ended; nothing can be appended after it.
    public static func exit(_ data: [String: JSONValue]) -> Self { Self(.exit, data: data) }

    /// It failed or is lost; nothing can be appended after it.
    public static func error(_ data: [String: JSONValue]) -> Self { Self(.error, data: data) }
}

extension ObservedChunk: Encodable {
    private enum CodingKeys: String, CodingKey {
        case type
        case text
        case base64
        case data
        case at
    }

    /// Writes the chunk as the API takes it; bytes that are no text go as base64.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(type, forKey: .type)
        if let bytes {
            if let text = String(validating: bytes.readableBytesView, as: UTF8.self) {
                try values.encode(text, forKey: .text)
            } else {
                try values.encode(Data(bytes.readableBytesView).base64EncodedString(), forKey: .base64)
            }
        }
        try values.encodeIfPresent(data, forKey: .data)
        try values.encodeIfPresent(at, forKey: .at)
    }
}
