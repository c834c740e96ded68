/// An account: what it may use, who signs its users, and whose credentials are void.
package struct AccountClaims: NATSClaims {
    package static let type = "account"
    package static let subject = KeyKind.account
    package static let issuers: [KeyKind] = [.operator]

    package var limits: AccountLimits
    package var signingKeys: [SigningKey]
    /// By the user's public key: tokens that were issued at or before this Unix second are void.
    package var revocations: [String: Int64]

    package init(limits: AccountLimits, signingKeys: [SigningKey] = [], revocations: [String: Int64] = [:]) {
        self.limits = limits
        self.signingKeys = signingKeys
        self.revocations = revocations
    }

    private enum CodingKeys: String, CodingKey {
        case limits, revocations, type, version
        case signingKeys = "signing_keys"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        limits = try container.decode(AccountLimits.self, forKey: .limits)
        signingKeys = try container.decodeIfPresent([SigningKey].self, forKey: .signingKeys) ?? []
        revocations = try container.decodeIfPresent([String: Int64].self, forKey: .revocations) ?? [:]
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(limits, forKey: .limits)
        try container.encode(nonEmpty: signingKeys, forKey: .signingKeys)
        try container.encode(nonEmpty: revocations, forKey: .revocations)
        try container.encode(Self.type, forKey: .type)
        try container.encode(claimsVersion, forKey: .version)
    }
}
