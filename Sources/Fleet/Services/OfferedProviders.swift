/// The providers that a fleet of this machine serves: its own, and those that the caller's environment names.
enum OfferedProviders {
    /// A provider, and what says that it is there: of every list one variable, or the file that it names.
    private static let others: [(provider: String, needs: [[String]])] = [
        ("docker", [["DOCKER_HOST"]]),
        (
            "vercel",
            [
                ["SANDBOX_VERCEL_TOKEN", "VERCEL_TOKEN"], ["SANDBOX_VERCEL_TEAM_ID", "VERCEL_TEAM_ID"],
                ["SANDBOX_VERCEL_PROJECT_ID", "VERCEL_PROJECT_ID"],
            ]
        ),
        ("sprites", [["SPRITE_TOKEN", "SPRITES_TOKEN"]]),
        ("daytona", [["DAYTONA_API_KEY", "DAYTONA_JWT_TOKEN"]]),
    ]

    /// For `SANDFLEET_PROVIDERS`.
    static func list(_ environment: [String: String]) -> String {
        let configured = others.filter { other in
            other.needs.allSatisfy { names in
                names.flatMap { [$0, "\($0)_FILE"] }.contains { !(environment[$0] ?? "").isEmpty }
            }
        }
        return (["local", "selfhosted"] + configured.map(\.provider)).joined(separator: ",")
    }
}
