/// A key that signs users of an account in its stead.
package enum SigningKey: Codable, Sendable, Hashable {
    /// Its users' own claims say what they may do.
    case plain(String)
    /// Whatever its users' claims say, they may do what the template says.
    case scoped(String, role: String, template: UserPermissions)

    package var publicKey: String {
        switch self {
        case .plain(let key), .scoped(let key, _, _): key
        }
    }

    private enum CodingKeys: String, CodingKey {
        case kind, key, role, template
    }

    package init(from decoder: any Decoder) throws {
        if let key = try? decoder.singleValueContainer().decode(String.self) {
            self = .plain(key)
            return
        }
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self = .scoped(
            try container.decode(String.self, forKey: .key),
            role: try container.decodeIfPresent(String.self, forKey: .role) ?? "",
            template: try container.decode(UserPermissions.self, forKey: .template)
        )
    }

    package func encode(to encoder: any Encoder) throws {
        switch self {
        case .plain(let key):
            var container = encoder.singleValueContainer()
            try container.encode(key)
        case .scoped(let key, let role, let template):
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode("user_scope", forKey: .kind)
            try container.encode(key, forKey: .key)
            try container.encode(role, forKey: .role)
            try container.encode(template, forKey: .template)
        }
    }
}
