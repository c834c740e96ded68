public import FoundationEssentials

/// The files of a sandbox as they were at one moment, kept until they are deleted or expire; outlives its sandbox.
public struct Checkpoint: Hashable, Sendable {
    /// The durable id.
    public let id: String
    /// The sandbox that it is of, which may be deleted.
    public let sandboxId: String
    /// Whether it can be used.
    public let status: CheckpointStatus
    /// How it is kept.
    public let format: CheckpointFormat?
    /// What its maker noted.
    public let comment: String?
    /// The provider whose boxes it can become, of a native one.
    public let provider: String?
    /// Whether all its files are as they were at one moment; nil until it is saved.
    public let consistent: Bool?
    /// How many bytes it holds; nil when that is not known.
    public let sizeBytes: Int?
    /// When it was asked for.
    public let createdAt: Date?
    /// When it was whole.
    public let readyAt: Date?
    /// When it is deleted; nil when it is kept until somebody does.
    public let expiresAt: Date?
    /// Why it failed, with the status `failed`, or what was found to be wrong with it since.
    public let error: String?
}

extension Checkpoint: Codable {
    /// Reads what is there; only the id, the sandbox and the status must be.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        id = try values.decode(String.self, forKey: .id)
        sandboxId = try values.decode(String.self, forKey: .sandboxId)
        status = try values.decode(CheckpointStatus.self, forKey: .status)
        format = try values.decodeIfPresent(CheckpointFormat.self, forKey: .format)
        comment = try values.decodeIfPresent(String.self, forKey: .comment)
        provider = try values.decodeIfPresent(String.self, forKey: .provider)
        consistent = try values.decodeIfPresent(Bool.self, forKey: .consistent)
        sizeBytes = try values.decodeIfPresent(Int.self, forKey: .sizeBytes)
        createdAt = try values.decodeIfPresent(Date.self, forKey: .createdAt)
        readyAt = try values.decodeIfPresent(Date.self, forKey: .readyAt)
        expiresAt = try values.decodeIfPresent(Date.self, forKey: .expiresAt)
        error = try values.decodeIfPresent(JSONValue.self, forKey: .error)?.sentence
    }
}

extension JSONValue {
    /// A sentence, or that of an object with a code and a message.
    fileprivate var sentence: String? {
        guard case .object(let members) = self else { return text }
        let parts = [members["code"]?.text, members["message"]?.text].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: ": ")
    }
}
