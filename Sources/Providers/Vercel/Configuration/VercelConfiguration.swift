package import Model
package import ProviderKit

/// How a worker uses Vercel Sandbox; credentials are read from where they are, whenever they are needed.
package struct VercelConfiguration: Sendable {
    package static let defaultBaseURL = "https://vercel.com/api"

    package var fleet: FleetID
    package var credentials: CredentialSource
    package var baseURL: String
    /// Nil chooses by the sandbox's purpose.
    package var profile: VercelProfile?
    /// What sandboxes are tagged with as their scope; nil is their purpose.
    package var name: String?
    /// Whether a stopped box is resumed; else each start makes another from its snapshot.
    package var reuse: Bool
    /// Whether Vercel saves the files of sessions that end; nil is as the profile has it.
    package var persistent: Bool?
    /// How long a session lives that nobody extends; nil is as the profile has it.
    package var timeout: Duration?
    package var vcpus: Int?
    /// How long a session can live at all: the account's plan says.
    package var longestLife: Duration
    /// How long a session may take to run, to stop or to be saved.
    package var patience: Duration

    package init(
        fleet: FleetID,
        credentials: CredentialSource = CredentialSource(),
        baseURL: String = Self.defaultBaseURL,
        profile: VercelProfile? = nil,
        name: String? = nil,
        reuse: Bool = true,
        persistent: Bool? = nil,
        timeout: Duration? = nil,
        vcpus: Int? = nil,
        longestLife: Duration = .seconds(5 * 60 * 60),
        patience: Duration = .seconds(120)
    ) {
        self.fleet = fleet
        self.credentials = credentials
        self.baseURL = baseURL
        self.profile = profile
        self.name = name
        self.reuse = reuse
        self.persistent = persistent
        self.timeout = timeout
        self.vcpus = vcpus
        self.longestLife = longestLife
        self.patience = patience
    }

    func profile(for spec: SandboxSpec, _ parameters: VercelParameters) -> VercelProfile {
        parameters.profile ?? profile ?? (spec.isForAgent ? .codingAgent : .ephemeral)
    }

    /// How long a session lives that nobody extends.
    ///
    /// - Throws: `invalid` for parameters that cannot be read.
    func span(for spec: SandboxSpec) throws(DriverError) -> Duration {
        let parameters = try VercelParameters(spec)
        return min(parameters.timeout ?? timeout ?? profile(for: spec, parameters).timeout, longestLife)
    }
}
