package import ProviderKit

/// How a fleet uses Daytona.
package struct DaytonaSettings: Sendable {
    package static let standardURL = "https://app.daytona.io/api"

    package static let key = CredentialVariable("DAYTONA_API_KEY", "an API key of Daytona", isRequired: false)
    package static let token = CredentialVariable("DAYTONA_JWT_TOKEN", "a user's token", isRequired: false)
    package static let organization = CredentialVariable(
        "DAYTONA_ORGANIZATION_ID",
        "the id of the organization",
        isRequired: false
    )
    package static let apiURL = CredentialVariable("DAYTONA_API_URL", "where the API is", isRequired: false)
    package static let target = CredentialVariable("DAYTONA_TARGET", "the region of new boxes", isRequired: false)

    package static let variables = [key, token, organization, apiURL, target]

    package var apiURL: String
    /// A key, or a user's token, which needs the organization.
    package var secret: Secret
    /// Whether the secret is a user's token.
    package var isUsers: Bool
    /// Nil asks the provider when the driver starts.
    package var organization: String?
    package var target: String?
    package var boxes: DaytonaBoxSettings

    package init(
        apiURL: String = standardURL,
        secret: Secret,
        isUsers: Bool = false,
        organization: String? = nil,
        target: String? = nil,
        boxes: DaytonaBoxSettings = DaytonaBoxSettings()
    ) {
        self.apiURL = apiURL
        self.secret = secret
        self.isUsers = isUsers
        self.organization = organization
        self.target = target
        self.boxes = boxes
    }

    /// A key wins over a token, as in the provider's own clients.
    ///
    /// - Throws: `CredentialError` that names the variables that are missing.
    package init(_ credentials: ProviderCredentials, boxes: DaytonaBoxSettings) throws(CredentialError) {
        let key = credentials[Self.key.name]
        guard let secret = key ?? credentials[Self.token.name] else {
            throw CredentialError(
                "The provider daytona needs \(Self.key.name), or \(Self.token.name) and \(Self.organization.name): "
                    + "not in \(credentials.origin). Set it there, or name a file that holds it by \(Self.key.name)_FILE."
            )
        }
        let organization = credentials[Self.organization.name]?.reveal()
        if key == nil, organization == nil {
            throw CredentialError("\(Self.token.name) of the provider daytona needs \(Self.organization.name).")
        }
        self.init(
            apiURL: credentials[Self.apiURL.name]?.reveal() ?? Self.standardURL,
            secret: secret,
            isUsers: key == nil,
            organization: organization,
            target: credentials[Self.target.name]?.reveal(),
            boxes: boxes
        )
    }
}
