import CurlTransport

/// A client of one fleet's HTTP API.
///
/// A value that may be copied and used from any task; copies share their connections.
///
///     let client = try SandfleetClient(url: "http://127.0.0.1:7070", apiKey: key)
///     let sandbox = try await client.createSandbox()
///     let result = try await client.runCommand(.shell("uname -a"), in: sandbox.id)
///
/// Every call throws `SandfleetError`, or `CancellationError` when its task is cancelled.
public struct SandfleetClient: Sendable {
    /// How the client connects, and how long it waits.
    public struct Configuration: Sendable {
        /// A PEM file with the certificate authorities to trust; nil trusts the system's.
        public var authorityFile: String?
        /// Limit for the connection to be made.
        public var connectTimeout: Duration
        /// Limit for one ordinary request; commands and file transfers have none.
        public var requestTimeout: Duration
        /// How long the output of a process may bring nothing, not even a sign of life, before it is asked for anew.
        public var silenceLimit: Duration
        /// How long a fleet that has answered before is waited for when it does not, by calls that go on where they were.
        public var reconnectLimit: Duration

        /// Makes a configuration; every part has a default.
        public init(
            authorityFile: String? = nil,
            connectTimeout: Duration = .seconds(10),
            requestTimeout: Duration = .seconds(120),
            silenceLimit: Duration = .seconds(45),
            reconnectLimit: Duration = .seconds(120)
        ) {
            self.authorityFile = authorityFile
            self.connectTimeout = connectTimeout
            self.requestTimeout = requestTimeout
            self.silenceLimit = silenceLimit
            self.reconnectLimit = reconnectLimit
        }
    }

    let connection: APIConnection

    /// Makes a client of the fleet at a URL, without connecting yet.
    public init(url: String, apiKey: String, configuration: Configuration = Configuration()) throws {
        connection = try APIConnection(url: url, apiKey: apiKey, configuration: configuration)
    }
}
