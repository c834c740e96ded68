import CurlTransport
import FleetTesting
import Foundation
import NIOCore
import Testing

@testable import DockerDriver

/// Stands before an engine; see `proxy.py`.
struct Proxy {
    let url: String
    let transport: HTTPTransport

    /// The engine does the next request whose line holds this, and its answer is lost.
    func lose(_ match: String) async throws { _ = try await ask("POST", "lose", match) }

    /// Leads to the engine behind another socket.
    func turn(to socket: String) async throws { _ = try await ask("POST", "turn", socket) }

    /// No byte goes through any more, and no connection ends.
    func stall() async throws { _ = try await ask("POST", "stall", "") }

    func flow() async throws { _ = try await ask("POST", "flow", "") }

    func count(_ match: String) async throws -> Int { try await lines().count { $0.contains(match) } }

    /// Method and path of all requests, without the version.
    func calls() async throws -> [String] {
        try await lines()
            .map { line in
                let words = line.split(separator: " ")
                let segments = words[1].prefix { $0 != "?" }.split(separator: "/").dropFirst()
                let shape = segments.map { $0.count == 64 ? "*" : String($0) }.joined(separator: "/")
                return "\(words[0]) /\(shape)"
            }
    }

    private func lines() async throws -> [String] {
        struct Document: Decodable { let lines: [String] }
        return try JSONDecoder().decode(Document.self, from: try await ask("GET", "lines", "")).lines
    }

    private func ask(_ method: String, _ what: String, _ match: String) async throws -> Data {
        let match = try #require(match.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        let answer = try await transport.send(
            HTTPTransportRequest(method: method, url: "\(url)/\(what)?match=\(match)", deadline: .seconds(60))
        )
        return Data(try await answer.collect(upTo: 1 << 20).readableBytesView)
    }
}

extension DockerFixture {
    /// A driver that reaches the engine that all tests share by TCP, through a proxy.
    static func withProxy(
        _ change: (inout DockerConfiguration) -> Void = { _ in },
        _ body: (DockerFixture, Proxy) async throws -> Void
    ) async throws {
        let engine = try await SharedDockerEngine.instance.running()
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        try await withServer("/usr/bin/env", ["python3", folder.appending(path: "proxy.py").path, engine.socket]) { port in
            let proxy = Proxy(url: "http://127.0.0.1:\(port)/_proxy", transport: try HTTPTransport())
            try await with(
                engine,
                {
                    $0.endpoint = DockerEndpoint(.tcp("127.0.0.1:\(port)"))
                    change(&$0)
                },
                { try await body($0, proxy) }
            )
        }
    }
}
