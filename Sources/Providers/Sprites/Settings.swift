package import ProviderKit

/// How a fleet uses sprites.dev.
package struct SpritesSettings: Sendable {
    package static let standardURL = "https://api.sprites.dev"

    package static let token = CredentialVariable("SPRITE_TOKEN", "an API token of sprites.dev")
    package static let otherToken = CredentialVariable(
        "SPRITES_TOKEN",
        "the same by another name",
        isRequired: false
    )
    package static let organization = CredentialVariable(
        "SPRITES_ORGANIZATION",
        "the organization that the token is for",
        isRequired: false
    )
    package static let baseURL = CredentialVariable("SPRITES_BASE_URL", "where the API is", isRequired: false)

    package static let variables = [token, otherToken, organization, baseURL]

    package var baseURL: String
    package var token: Secret
    /// Nil asks the provider when the driver starts.
    package var organization: String?

    package init(baseURL: String = standardURL, token: Secret, organization: String? = nil) {
        self.baseURL = baseURL
        self.token = token
        self.organization = organization
    }

    /// - Throws: `CredentialError` that names the variable that is missing.
    package init(_ credentials: ProviderCredentials) throws(CredentialError) {
        let token: Secret
        if let other = credentials[Self.otherToken.name] {
            token = other
        } else {
            token = try credentials.require(Self.token)
        }
        self.init(
            baseURL: credentials[Self.baseURL.name]?.reveal() ?? Self.standardURL,
            token: token,
            organization: credentials[Self.organization.name]?.reveal()
        )
    }
}
