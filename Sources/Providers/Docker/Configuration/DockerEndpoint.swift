import FoundationEssentials
package import ProviderKit

/// Where the engine listens, as `DOCKER_HOST` and its companions say it.
package struct DockerEndpoint: Sendable, Hashable {
    package enum Address: Sendable, Hashable {
        /// The path of a Unix socket.
        case socket(String)
        /// Host and port; TLS is used when there are certificates.
        case tcp(String)
    }

    /// PEM files as the docker client names them.
    package struct Certificates: Sendable, Hashable {
        package var authority: String
        package var certificate: String
        package var key: String
    }

    package static let usualSocket = "/var/run/docker.sock"

    package var address: Address
    package var certificates: Certificates?

    package init(_ address: Address, certificates: Certificates? = nil) {
        self.address = address
        self.certificates = certificates
    }

    /// - Parameters:
    ///   - host: `unix:///path` or `tcp://host:port`; nil is the usual socket.
    ///   - verifiesTLS: `DOCKER_TLS_VERIFY`, where anything but nothing means yes.
    ///   - certificatePath: `DOCKER_CERT_PATH`, a folder with `ca.pem`, `cert.pem` and `key.pem`.
    package init(host: String?, verifiesTLS: Bool, certificatePath: String?) throws(DriverError) {
        guard let host else {
            self.init(.socket(Self.usualSocket))
            return
        }
        guard let colon = host.firstRange(of: "://") else { throw Self.unreadable }
        let rest = String(host[colon.upperBound...])
        switch host[..<colon.lowerBound].lowercased() {
        case "unix":
            guard rest.hasPrefix("/") else { throw Self.unreadable }
            self.init(.socket(rest))
        case "tcp", "http", "https":
            let authority = String(rest.prefix { $0 != "/" })
            guard !authority.isEmpty, !authority.contains("@") else { throw Self.unreadable }
            let usesTLS = verifiesTLS || host.lowercased().hasPrefix("https:")
            self.init(.tcp(Self.withPort(authority, usesTLS: usesTLS)))
            guard usesTLS else { return }
            guard let folder = certificatePath else {
                throw DriverError(.invalid, "DOCKER_CERT_PATH has to name the folder of ca.pem, cert.pem and key.pem.")
            }
            certificates = Certificates(
                authority: "\(folder)/ca.pem",
                certificate: "\(folder)/cert.pem",
                key: "\(folder)/key.pem"
            )
        default: throw Self.unreadable
        }
    }

    /// The base of every URL, without a slash at its end.
    package var baseURL: String {
        switch address {
        case .socket: "http://docker"
        case .tcp(let authority): "\(certificates == nil ? "http" : "https")://\(authority)"
        }
    }

    package var socketPath: String? {
        guard case .socket(let path) = address else { return nil }
        return path
    }

    private static func withPort(_ authority: String, usesTLS: Bool) -> String {
        let afterBracket = authority.lastIndex(of: "]") ?? authority.startIndex
        return authority[afterBracket...].contains(":") ? authority : "\(authority):\(usesTLS ? 2376 : 2375)"
    }

    private static var unreadable: DriverError {
        DriverError(.invalid, "DOCKER_HOST has to be unix:///path or tcp://host:port.")
    }
}
