/// The providers that a fleet of this machine serves: its own, and those that the caller's environment names.
enum OfferedProviders {
    /// A provider, and the variables of which any says that it is there.
    private static let others: [(provider: String, variables: [String])] = [
        ("docker", ["DOCKER_HOST"])
    ]

    /// For `SANDFLEET_PROVIDERS`.
    static func list(_ environment: [String: String]) -> String {
        let configured = others.filter { other in
            other.variables.contains { name in
                [name, "\(name)_FILE"].contains { !(environment[$0] ?? "").isEmpty }
            }
        }
        return (["local", "selfhosted"] + configured.map(\.provider)).joined(separator: ",")
    }
}
