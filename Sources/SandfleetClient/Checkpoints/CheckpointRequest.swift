/// What a new checkpoint shall be; what is nil is the fleet's choice.
public struct CheckpointRequest: Codable, Hashable, Sendable {
    /// A note for people.
    public var comment: String?
    /// After how many milliseconds it is deleted; nil keeps it until somebody deletes it.
    public var expiresInMs: Int?
    /// How it is kept; nil is the provider's own form where it has one.
    public var format: CheckpointFormat?

    /// Leaves everything to the fleet; set what matters.
    public init(comment: String? = nil, expiresInMs: Int? = nil, format: CheckpointFormat? = nil) {
        self.comment = comment
        self.expiresInMs = expiresInMs
        self.format = format
    }
}
