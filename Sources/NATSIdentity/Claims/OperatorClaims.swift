/// Who runs the servers, and with which keys it signs accounts.
package struct OperatorClaims: NATSClaims {
    package static let type = "operator"
    package static let subject = KeyKind.operator
    package static let issuers: [KeyKind] = [.operator]

    package var signingKeys: [String]
    package var systemAccount: String?

    package init(signingKeys: [String], systemAccount: String?) {
        self.signingKeys = signingKeys
        self.systemAccount = systemAccount
    }

    private enum CodingKeys: String, CodingKey {
        case signingKeys = "signing_keys"
        case systemAccount = "system_account"
        case type, version
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        signingKeys = try container.decodeIfPresent([String].self, forKey: .signingKeys) ?? []
        systemAccount = try container.decodeIfPresent(String.self, forKey: .systemAccount)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(nonEmpty: signingKeys, forKey: .signingKeys)
        try container.encodeIfPresent(systemAccount, forKey: .systemAccount)
        try container.encode(Self.type, forKey: .type)
        try container.encode(claimsVersion, forKey: .version)
    }
}
