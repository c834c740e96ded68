extension HTTPTransport {
    package struct Configuration: Sendable {
        /// A PEM file with the certificate authorities to trust; nil trusts the system's.
        package var authorityFile: String?
        /// What servers that ask for one are shown.
        package var clientCertificate: ClientCertificate?
        package var proxy: Proxy
        /// How many idle connections are kept for reuse.
        package var idleConnections: Int
        /// Bytes of one response, or of one upload, held between the connection and the reader or source.
        package var bufferLimit: Int

        package init(
            authorityFile: String? = nil,
            clientCertificate: ClientCertificate? = nil,
            proxy: Proxy = .environment,
            idleConnections: Int = 64,
            bufferLimit: Int = 256 << 10
        ) {
            self.authorityFile = authorityFile
            self.clientCertificate = clientCertificate
            self.proxy = proxy
            self.idleConnections = idleConnections
            self.bufferLimit = bufferLimit
        }
    }

    /// PEM files of a certificate and its unencrypted key.
    package struct ClientCertificate: Sendable, Hashable {
        package var file: String
        package var keyFile: String

        package init(file: String, keyFile: String) {
            self.file = file
            self.keyFile = keyFile
        }
    }

    /// Which proxy requests go through; never those to loopback hosts and Unix sockets.
    package enum Proxy: Sendable, Hashable {
        /// `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` of the environment, in small or capital letters.
        case environment
        case none
        /// One proxy for everything but the hosts of `no_proxy`; the URL may hold a user and a password.
        case url(String)
    }
}

extension HTTPTransport.Proxy: CustomStringConvertible, CustomReflectable {
    package var description: String {
        switch self {
        case .environment: "environment"
        case .none: "none"
        case .url: "url"
        }
    }

    /// A proxy's URL may hold a password.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
