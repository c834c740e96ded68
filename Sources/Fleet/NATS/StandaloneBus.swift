import Glibc
import NATSIdentity

/// A nats-server in operator mode that something else runs: its keys, its configuration, and what each service is told.
///
/// Everything is made once and lies in one folder of mode 0700. Made again, the keys stay; the configuration, and what
/// roles may do, are those of this version.
package struct StandaloneBus: Sendable {
    /// Files in PEM.
    package typealias TLS = NATSServerConfiguration.TLS

    package let folder: String
    package let listen: ListenAddress
    /// Nil where the network is to be trusted.
    package let tls: TLS?
    /// By which services and agents reach it.
    package let url: String

    /// - Parameter url: Nil is the address that it listens on.
    package init(folder: String, listen: ListenAddress, tls: TLS? = nil, url: String? = nil) {
        self.folder = folder
        self.listen = listen
        self.tls = tls
        let reachable = ListenAddress(host: listen.localHost, port: listen.port)
        self.url = url ?? "\(tls == nil ? "nats" : "tls")://\(reachable)"
    }

    package var configurationFile: String { "\(folder)/nats-server.conf" }

    /// The environment of a role's service, as systemd's `EnvironmentFile` and a shell read it.
    package func environmentFile(_ role: String) -> String { "\(folder)/\(role).env" }

    /// Makes what is missing, and writes the rest anew.
    @discardableResult
    package func prepare(roles: [NATSRole] = NATSRole.embedded) throws(FleetError) -> NATSOperator {
        for path in [folder, "\(folder)/keys"] {
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
                throw FleetError(.data, "\(path) cannot be made: \(String(cString: strerror(errno))).")
            }
        }
        guard chmod(folder, 0o700) == 0 else { throw FleetError(.data, "\(folder) is somebody else's.") }
        let keys = try NATSOperator(folder: "\(folder)/keys", roles: roles)
        var configuration = NATSServerConfiguration(
            serverName: "sandfleet-\(keys.account.text.suffix(8).lowercased())",
            host: listen.host,
            port: listen.port,
            access: .accounts(keys.accounts(directory: "\(folder)/accounts")),
            jetStream: .init(directory: "\(folder)/jetstream")
        )
        configuration.tls = tls
        try TextFile.replace(configurationFile, with: configuration.text)
        for role in roles {
            let lines = environment(of: role.name, keys).map { "\($0.0)=\($0.1)\n" }
            try TextFile.replace(environmentFile(role.name), with: lines.joined())
        }
        return keys
    }

    private func environment(of role: String, _ keys: NATSOperator) -> [(String, String)] {
        let own = [
            (ServiceEnvironment.natsURL, url), (ServiceEnvironment.natsCredentials, keys.credentialsFile(role)),
        ]
        guard role == "gateway" else { return own }
        return own + [
            (ServiceEnvironment.natsOperatorKeyFile, keys.signingKeyFile),
            (ServiceEnvironment.natsSystemCredentials, keys.systemCredentialsFile),
            (ServiceEnvironment.natsAccount, keys.account.text),
        ]
    }
}
