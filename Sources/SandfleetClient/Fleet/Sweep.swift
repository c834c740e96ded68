/// What a sweep found at all providers.
public struct Sweep: Codable, Hashable, Sendable {
    /// Where nobody could look.
    public struct UnreachedPlace: Codable, Hashable, Sendable {
        /// The provider.
        public let provider: String
        /// The host or engine, of providers that are bound to one.
        public let placement: String?
        /// Why not, as a stable word.
        public let code: String
        /// Why not, for a person.
        public let message: String
    }

    /// All boxes that were found.
    public let boxes: [SweptBox]
    /// The places whose boxes are not among them.
    public let unreached: [UnreachedPlace]

    /// Reads what is there; only the boxes must be.
    public init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        boxes = try values.decode([SweptBox].self, forKey: .boxes)
        unreached = try values.decodeIfPresent([UnreachedPlace].self, forKey: .unreached) ?? []
    }
}
