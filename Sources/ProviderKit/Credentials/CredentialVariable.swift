/// One setting that a driver needs to use its provider, by the name of its environment variable.
package struct CredentialVariable: Sendable, Hashable, Codable {
    package var name: String
    /// What it is, in a few words: "an API token".
    package var meaning: String
    package var isRequired: Bool

    package init(_ name: String, _ meaning: String, isRequired: Bool = true) {
        self.name = name
        self.meaning = meaning
        self.isRequired = isRequired
    }
}
