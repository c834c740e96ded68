/// What a sweep found of one box at a provider.
public struct SweptBox: Codable, Hashable, Sendable {
    /// What is to become of a box.
    public struct Verdict: OpenValue {
        /// The word of the API.
        public let rawValue: String

        /// Wraps a word, known or not.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// It belongs to a sandbox that may want it.
        public static let keep = Self(rawValue: "keep")
        /// Nothing proves whose it is: a person has to look.
        public static let report = Self(rawValue: "report")
        /// It is proven that nobody wants it.
        public static let delete = Self(rawValue: "delete")
    }

    /// The provider that has it.
    public let provider: String
    /// The host or engine that it is on, of providers that are bound to one.
    public let placement: String?
    /// What the provider calls it.
    public let externalId: String
    /// The sandbox that its tag names.
    public let sandboxId: String?
    /// The fleet's own id of it.
    public let boxId: String?
    /// The epoch that its tag names.
    public let epoch: Int?
    /// What is to become of it.
    public let verdict: Verdict
    /// Why.
    public let reason: String?
    /// Whether it was deleted.
    public let deleted: Bool
}
