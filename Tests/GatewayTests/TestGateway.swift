import Bus
import Crypto
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Model
import NIOCore
import NIOEmbedded
import PostgresClient
import PrometheusMetrics
import ServiceHost
import ServiceLifecycle

@testable import Gateway
@testable import Store

/// A gateway whose keys are known words, over a bus and processes of the test's own, and a database that is not there.
struct TestGateway: Sendable {
    let gateway: Gateway
    /// Those of the key's workspace.
    let processes: MemoryFleet
    private let responder: RouterResponder<GatewayContext>

    init(
        bus: any SandboxBus = ScriptedBus(asks: [], acquires: [], isConnected: false),
        _ change: (inout GatewaySettings) -> Void = { _ in }
    ) throws {
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let store = Store(
            pool: PostgresPool(
                PostgresConfiguration(connectionString: "host=/nonexistent dbname=none"),
                logger: logger
            ),
            sealer: try EnvironmentSealer(key: SymmetricKey(size: .bits256)),
            logger: logger
        )
        let memory = MemoryFleet(workspace: Self.workspace)
        let processes = Processes(rows: memory, output: memory, signals: memory)
        try self.init(bus: bus, store: store, processes: processes, memory: memory, logger: logger, change)
    }

    /// - Parameter memory: Of no use to a gateway on a real database and a real bus.
    init(
        bus: any SandboxBus,
        store: Store,
        processes: Processes,
        memory: MemoryFleet = MemoryFleet(workspace: Self.workspace),
        agents: AgentAccess? = nil,
        logger: Logger,
        _ change: (inout GatewaySettings) -> Void = { _ in }
    ) throws {
        var settings = try GatewaySettings.test
        change(&settings)
        self.processes = memory
        gateway = Gateway(
            settings: settings,
            store: store,
            processes: processes,
            bus: bus,
            authenticator: Authenticator { hash in Self.principals[hash] },
            readiness: Readiness([("postgres", { try await store.ping() }), ("nats", {})]),
            metrics: PrometheusRegistry(),
            agents: agents
                ?? AgentAccess(
                    authority: AccountAuthority(store: store, realm: nil, logger: logger),
                    natsURLs: ["nats://bus.test:4222"],
                    now: { Int64(Date().timeIntervalSince1970 * 1000) }
                ),
            logger: logger
        )
        let edge = RequestEdge(table: gateway.table, metrics: RequestMetrics())
        responder = gateway.table.router(authenticator: gateway.authenticator, edge: edge).buildResponder()
    }

    static let workspace: WorkspaceID = ID.new()

    /// The keys `read`, `write` and `admin`, each with that scope.
    private static let principals: [[UInt8]: Principal] = Dictionary(
        uniqueKeysWithValues: Scope.allCases.map { scope in
            (APIKey.hash(of: scope.rawValue), Principal(key: ID.new(), workspace: workspace, scope: scope))
        }
    )

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPFields
        var body: [UInt8]

        var json: JSONValue { (try? JSONParser.parse(body)) ?? .null }

        var code: String? { if case .string(let code)? = json["code"] { code } else { nil } }
    }

    /// What runs beside the server, for as long as the body.
    func running<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            for service in gateway.services {
                group.addTask {
                    try await service.run()
                    return nil
                }
            }
            group.addTask { try await body() }
            defer { group.cancelAll() }
            while let outcome = try await group.next() { if let outcome { return outcome } }
            throw CancellationError()
        }
    }

    /// One request through the whole router, without a socket.
    func send(
        _ method: HTTPRequest.Method,
        _ path: String,
        key: String? = "admin",
        headers: HTTPFields = [:],
        body: String = ""
    ) async throws -> Answer {
        var headers = headers
        if let key { headers[.authorization] = "Bearer \(key)" }
        if !body.isEmpty { headers[.contentLength] = String(body.utf8.count) }
        let (request, context) = example(method, path, headers: headers, body: body)
        let response = try await responder.respond(to: request, context: context)
        let collected = CollectingWriter()
        try await response.body.write(collected)
        return Answer(status: response.status.code, headers: response.headers, body: collected.bytes)
    }
}

extension TestGateway {
    func example(
        _ method: HTTPRequest.Method = .get,
        _ path: String = "/",
        headers: HTTPFields = [:],
        body: String = ""
    ) -> (Request, GatewayContext) {
        let head = HTTPRequest(method: method, scheme: "http", authority: "test", path: path, headerFields: headers)
        let request = Request(head: head, body: RequestBody(buffer: ByteBuffer(string: body)))
        let source = ApplicationRequestContextSource(
            channel: NIOAsyncTestingChannel(),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        return (request, GatewayContext(source: source))
    }
}

extension GatewaySettings {
    static var test: GatewaySettings {
        get throws {
            var settings = try GatewaySettings(ServiceSettings(values: ["SANDFLEET_LISTEN": "127.0.0.1:0"]))
            settings.callTimeout = .seconds(5)
            settings.jsonLimit = 65_536
            return settings
        }
    }
}

/// Keeps what a response's body writes.
private final class CollectingWriter: ResponseBodyWriter {
    private(set) var bytes: [UInt8] = []

    func write(_ buffer: ByteBuffer) async throws {
        bytes += Array(buffer: buffer)
    }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
