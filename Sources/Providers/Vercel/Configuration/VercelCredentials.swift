import ProviderKit

/// Who we are for Vercel; the team and the project are no secrets, the token is.
struct VercelCredentials: Sendable, Hashable {
    private static let token = CredentialVariable("SANDBOX_VERCEL_TOKEN", "an access token; or VERCEL_TOKEN")
    private static let team = CredentialVariable("SANDBOX_VERCEL_TEAM_ID", "the team's id; or VERCEL_TEAM_ID")
    private static let project = CredentialVariable(
        "SANDBOX_VERCEL_PROJECT_ID",
        "the project's id; or VERCEL_PROJECT_ID"
    )

    static let variables = [
        token, team, project,
        CredentialVariable("VERCEL_TOKEN", "Vercel's own name of the token", isRequired: false),
        CredentialVariable("VERCEL_TEAM_ID", "Vercel's own name of the team", isRequired: false),
        CredentialVariable("VERCEL_PROJECT_ID", "Vercel's own name of the project", isRequired: false),
    ]

    let token: Secret
    let team: String
    let project: String

    /// - Throws: `CredentialError` that names what is missing.
    init(_ found: ProviderCredentials) throws(CredentialError) {
        token = try found["VERCEL_TOKEN", behind: Self.token]
        team = try found["VERCEL_TEAM_ID", behind: Self.team].reveal()
        project = try found["VERCEL_PROJECT_ID", behind: Self.project].reveal()
    }
}

extension ProviderCredentials {
    /// Our own variable, or Vercel's.
    fileprivate subscript(fallback: String, behind variable: CredentialVariable) -> Secret {
        get throws(CredentialError) {
            if let value = self[variable.name] ?? self[fallback] { return value }
            return try require(variable)
        }
    }
}
