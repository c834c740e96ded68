import FoundationEssentials
import NIOCore

extension OutputChunk: Encodable {
    private enum CodingKeys: String, CodingKey {
        case version
        case at
        case seq
        case type
        case sandboxId
        case processId
        case data
    }

    /// Writes the chunk as the API does: bytes that are no text go as base64.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(1, forKey: .version)
        try values.encodeIfPresent(at, forKey: .at)
        try values.encode(sequence, forKey: .seq)
        try values.encode(type, forKey: .type)
        try values.encodeIfPresent(sandboxId, forKey: .sandboxId)
        try values.encodeIfPresent(processId, forKey: .processId)
        var data = data
        if let offset { data["offset"] = .integer(offset) }
        if let bytes {
            if let text {
                data["text"] = .string(text)
            } else {
                data["base64"] = .string(Data(bytes.readableBytesView).base64EncodedString())
            }
        }
        try values.encode(data, forKey: .data)
    }
}
