import Crypto
import CurlTransport
import Logging
import ProviderHTTP
import ProviderKit

/// One Docker engine, over its HTTP API.
struct Engine: Sendable {
    static let provider = "Docker"

    let client: ProviderClient
    private let transport: HTTPTransport
    let version: APIVersion
    /// What it was when it was met.
    let document: EngineDocument
    let binding: Binding

    /// Finds out who is there, and in which version of the API to talk.
    static func meet(
        _ endpoint: DockerEndpoint,
        policy: RetryPolicy = RetryPolicy(),
        logger: Logger
    ) async throws(DriverError) -> Engine {
        let transport = try transport(for: endpoint, logger)
        let stranger = client(endpoint, path: "", Binding(account: DockerDriver.name), transport, policy, logger)
        let known: VersionDocument = try await stranger.json(
            ProviderCall("negotiate the version", "GET", "/version", repeatability: .safe)
        )
        let version = try APIVersion.negotiated(known)
        let path = "/v\(version.description)"
        let document: EngineDocument = try await client(
            endpoint,
            path: path,
            Binding(account: DockerDriver.name),
            transport,
            policy,
            logger
        )
        .json(info)
        guard document.system ?? "linux" == "linux" else {
            throw DriverError(.unsupported, "The engine runs containers of another system: \(document.system ?? "").")
        }
        let binding = Binding(account: DockerDriver.name, placement: placement(of: document))
        return Engine(
            client: client(endpoint, path: path, binding, transport, policy, logger),
            transport: transport,
            version: version,
            document: document,
            binding: binding
        )
    }

    /// Whether what answers now is the engine that was met: only then does its NotFound prove anything.
    func isTheSame() async throws(DriverError) -> Bool {
        let now: EngineDocument = try await client.json(Self.info)
        return Self.placement(of: now) == binding.placement
    }

    /// Ends every call and connection.
    func shutdown() async {
        await transport.shutdown()
    }

    private static var info: ProviderCall { ProviderCall("identify the engine", "GET", "/info", repeatability: .safe) }

    /// One token for the engine's id and the place of its containers.
    ///
    /// Older engines keep their id outside of that place, so two on one host may have the same.
    private static func placement(of document: EngineDocument) -> String {
        let digest = SHA256.hash(data: Array("\(document.id)\n\(document.rootDirectory)".utf8))
        return digest.prefix(13).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private static func client(
        _ endpoint: DockerEndpoint,
        path: String,
        _ binding: Binding,
        _ transport: HTTPTransport,
        _ policy: RetryPolicy,
        _ logger: Logger
    ) -> ProviderClient {
        ProviderClient(
            ProviderClientConfiguration(
                provider: provider,
                baseURL: endpoint.baseURL + path,
                unixSocketPath: endpoint.socketPath,
                binding: binding,
                authorization: .none,
                headers: ["User-Agent": "sandfleet"],
                requestIDHeaders: [],
                policy: policy
            ),
            transport: transport,
            mapping: DockerErrorMapping(),
            logger: logger
        )
    }

    private static func transport(
        for endpoint: DockerEndpoint,
        _ logger: Logger
    ) throws(DriverError) -> HTTPTransport {
        var configuration = HTTPTransport.Configuration()
        if let certificates = endpoint.certificates {
            configuration.authorityFile = certificates.authority
            configuration.clientCertificate = HTTPTransport.ClientCertificate(
                file: certificates.certificate,
                keyFile: certificates.key
            )
        }
        do {
            return try HTTPTransport(configuration, logger: logger)
        } catch {
            throw DriverError(.transient, "There is no room for another transport: \(error)")
        }
    }
}
