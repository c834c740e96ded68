/// The server's word that a message is stored.
package struct PubAck: Sendable, Hashable, Decodable {
    package let stream: String
    package let sequence: UInt64
    /// The message id was seen before.
    ///
    /// What was stored then may have other content.
    package let isDuplicate: Bool

    private enum CodingKeys: String, CodingKey {
        case stream
        case sequence = "seq"
        case isDuplicate = "duplicate"
    }

    init(stream: String, sequence: UInt64, isDuplicate: Bool) {
        self.stream = stream
        self.sequence = sequence
        self.isDuplicate = isDuplicate
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        stream = try values.decode(String.self, forKey: .stream)
        sequence = try values.decode(UInt64.self, forKey: .sequence)
        isDuplicate = try values.decodeIfPresent(Bool.self, forKey: .isDuplicate) ?? false
    }
}
