public import FoundationEssentials

/// One thing that happened to a sandbox.
public struct HistoryEvent: Hashable, Sendable {
    /// When.
    public let at: Date
    /// What, as in `sandbox.acquired`.
    public let kind: String
    /// Who did it, as in `worker/<id>` or `key/<id>`.
    public let actor: String?
    /// The epoch of the lease at that time.
    public let epoch: Int?
    /// Why, in a word or a sentence.
    public let reason: String?
    /// The id of what it happened to: the sandbox itself, one of its boxes, processes or archives.
    public let subject: String?
    /// What else is known of it, by the fleet's own names.
    public let details: [String: JSONValue]
}

extension HistoryEvent: Codable {
    /// Reads what is there; only the time and the kind must be.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        at = try values.decode(Date.self, forKey: .at)
        kind = try values.decode(String.self, forKey: .kind)
        actor = try values.decodeIfPresent(String.self, forKey: .actor)
        epoch = try values.decodeIfPresent(Int.self, forKey: .epoch)
        reason = try values.decodeIfPresent(String.self, forKey: .reason)
        subject = try values.decodeIfPresent(String.self, forKey: .subject)
        details = try values.decodeIfPresent([String: JSONValue].self, forKey: .details) ?? [:]
    }
}
