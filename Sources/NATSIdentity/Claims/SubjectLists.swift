/// The subjects that somebody may and may not use; an empty list allows everything.
package struct SubjectLists: Codable, Sendable, Hashable {
    package var allow: [String]
    package var deny: [String]

    package init(allow: [String] = [], deny: [String] = []) {
        self.allow = allow
        self.deny = deny
    }

    private enum CodingKeys: String, CodingKey {
        case allow, deny
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        allow = try container.decodeIfPresent([String].self, forKey: .allow) ?? []
        deny = try container.decodeIfPresent([String].self, forKey: .deny) ?? []
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(nonEmpty: allow, forKey: .allow)
        try container.encode(nonEmpty: deny, forKey: .deny)
    }
}
