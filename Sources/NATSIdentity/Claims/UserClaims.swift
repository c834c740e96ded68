/// A user of an account.
package struct UserClaims: NATSClaims {
    package static let type = "user"
    package static let subject = KeyKind.user
    package static let issuers: [KeyKind] = [.account]

    package var permissions: UserPermissions
    /// The account, when one of its signing keys is the issuer.
    package var issuerAccount: String?
    /// As `key:value`.
    package var tags: [String]

    package init(permissions: UserPermissions, issuerAccount: String? = nil, tags: [String] = []) {
        self.permissions = permissions
        self.issuerAccount = issuerAccount
        self.tags = tags
    }

    private enum CodingKeys: String, CodingKey {
        case issuerAccount = "issuer_account"
        case tags, type, version
    }

    /// The permissions are members beside the others.
    package init(from decoder: any Decoder) throws {
        permissions = try UserPermissions(from: decoder)
        let container = try decoder.container(keyedBy: CodingKeys.self)
        issuerAccount = try container.decodeIfPresent(String.self, forKey: .issuerAccount)
        tags = try container.decodeIfPresent([String].self, forKey: .tags) ?? []
    }

    package func encode(to encoder: any Encoder) throws {
        try permissions.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encodeIfPresent(issuerAccount, forKey: .issuerAccount)
        try container.encode(nonEmpty: tags, forKey: .tags)
        try container.encode(Self.type, forKey: .type)
        try container.encode(claimsVersion, forKey: .version)
    }
}
