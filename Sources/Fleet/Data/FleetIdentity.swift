package import Model

/// What the first start makes and every later one finds: the fleet's id and its secrets.
package struct FleetIdentity: Sendable {
    package let fleet: FleetID
    package let apiKey: String
    package let postgresPassword: String
    /// The keys of the bus.
    package let nats: NATSOperator
    private let directory: DataDirectory

    package init(_ directory: DataDirectory, roles: [NATSRole]) throws(FleetError) {
        self.directory = directory
        let id = try Self.kept(directory.key("fleet.id")) {
            var generator = SystemRandomNumberGenerator()
            return FleetID(at: now(), using: &generator).rawValue
        }
        guard let fleet = FleetID(id) else {
            throw FleetError(.data, "\(directory.key("fleet.id")) holds no fleet id.")
        }
        self.fleet = fleet
        apiKey = try Self.kept(directory.key("api.key")) { "sf_" + Secret.token(26) }
        nats = try NATSOperator(folder: directory.keys, roles: roles)
        postgresPassword = try Self.kept(directory.key("postgres.password")) { Secret.token(32) }
        if TextFile.bytes(sealingKeyFile)?.count != Secret.sealingKeyLength {
            guard TextFile.bytes(sealingKeyFile) == nil else {
                throw FleetError(.data, "\(sealingKeyFile) does not hold a \(Secret.sealingKeyLength)-byte key.")
            }
            try TextFile.replace(sealingKeyFile, with: Secret.bytes(Secret.sealingKeyLength))
        }
    }

    /// The AES-GCM key that seals the environment values of sandboxes: 32 raw bytes.
    package var sealingKeyFile: String { directory.key("sealing.key") }
    package var apiKeyFile: String { directory.key("api.key") }

    private static func kept(_ path: String, make: () -> String) throws(FleetError) -> String {
        if let text = TextFile.read(path)?.trimmed, !text.isEmpty { return text }
        let text = make()
        try TextFile.replace(path, with: text)
        return text
    }
}
