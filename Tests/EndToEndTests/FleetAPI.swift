import CurlTransport
import FleetTesting
import Foundation
import Logging
import NIOCore
import SandfleetClient

/// A running fleet as its users reach it: the client library, and raw HTTP for what no client would send.
struct FleetAPI: Sendable {
    let fleet: TestFleet
    let client: SandfleetClient
    let transport: HTTPTransport

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPTransportHeaders
        var body: String

        var json: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any]) ?? [:]
        }

        var code: String? { json["code"] as? String }

        subscript(name: String) -> Any? { json[name] }
    }

    init(_ fleet: TestFleet) throws {
        self.fleet = fleet
        client = try SandfleetClient(url: fleet.url, apiKey: fleet.apiKey)
        transport = try HTTPTransport(logger: Logger(label: "test"))
    }

    func send(
        _ method: String,
        _ path: String,
        _ body: String? = nil,
        headers: [String: String] = [:],
        key: String? = nil
    ) async throws -> Answer {
        var request = HTTPTransportRequest(method: method, url: try fleet.url + path)
        request.deadline = .seconds(60)
        request.headers.add("Authorization", "Bearer \(try key ?? fleet.apiKey)")
        if body != nil, headers["Content-Type"] == nil { request.headers.add("Content-Type", "application/json") }
        for (name, value) in headers { request.headers.add(name, value) }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await transport.send(request)
        let bytes = try await response.collect(upTo: 8 << 20)
        return Answer(status: response.status, headers: response.headers, body: String(buffer: bytes))
    }

    func sandbox(_ change: (inout SandboxRequest) -> Void = { _ in }) async throws -> Sandbox {
        var request = SandboxRequest()
        change(&request)
        return try await client.createSandbox(request)
    }

    /// Runs a shell line and gives what it wrote.
    func shell(_ line: String, in sandbox: Sandbox) async throws -> String {
        try await client.runCommand(.shell(line), in: sandbox.id).stdout
    }

    /// How many boxes of this fleet run on this host.
    var runningBoxes: Int {
        get throws {
            let data = fleet.data
            return try FileManager.default.contentsOfDirectory(atPath: "\(data)/local/boxes")
                .filter { box in
                    guard let text = try? String(contentsOfFile: "\(data)/local/boxes/\(box)/box.json", encoding: .utf8),
                        let json = try? JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any],
                        let process = json["process"] as? [String: Any], let pid = process["pid"] as? Int
                    else { return false }
                    return FileManager.default.fileExists(atPath: "/proc/\(pid)")
                }
                .count
        }
    }
}

/// Lends a running fleet's API to `body`; afterwards the fleet is stopped and nothing of it may be left.
///
/// - Parameter network: A host whose machines reach the fleet by the cable to it, and by nothing else.
func withAPI(
    workers: Int = 1,
    network: NetworkHost? = nil,
    _ body: (FleetAPI) async throws -> Void
) async throws {
    var options = TestFleet.Options()
    options.workers = workers
    if let network {
        options.listen = "\(network.hostAddress):0"
        options.arguments = ["--agents", options.listen]
    }
    try await withAPI(options, body)
}

func withAPI(_ options: TestFleet.Options, _ body: (FleetAPI) async throws -> Void) async throws {
    try await withFleet(options) { fleet in
        let api = try FleetAPI(fleet)
        do {
            try await body(api)
        } catch {
            await api.transport.shutdown()
            throw error
        }
        await api.transport.shutdown()
    }
}
