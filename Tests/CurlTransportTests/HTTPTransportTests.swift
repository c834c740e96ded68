import CurlTransport
import Foundation
import NIOCore
import Testing

@Suite(.serialized)
struct HTTPTransportTests {
    private let transport: HTTPTransport

    init() throws {
        transport = try HTTPTransport()
    }

    @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE"])
    func sendsMethodHeadersAndBody(method: String) async throws {
        try await TestServer.with { server in
            let body = ByteBuffer(string: "hällo")
            let response = try await transport.send(
                HTTPTransportRequest(
                    method: method,
                    url: server.base + "/echo",
                    headers: ["X-Custom": "a: b", "X-Empty": ""],
                    body: .bytes(body)
                )
            )
            #expect(response.status == (method == "PUT" ? 201 : 200))
            #expect(response.headers["content-TYPE"] == "application/json")
            #expect(response.headers.all("X-Twice") == ["one", "two"])
            let echo = try await response.echo()
            #expect(echo.method == method)
            #expect(echo.size == body.readableBytes)
            #expect(echo.headers["x-custom"] == "a: b")
            #expect(echo.headers["x-empty"] == "")
            #expect(echo.headers["expect"] == nil)
            #expect(echo.headers["content-type"] == nil)
        }
    }

    @Test func bodylessMethodsAnnounceNothingOrZero() async throws {
        try await TestServer.with { server in
            let get = try await transport.send(HTTPTransportRequest(url: server.base + "/echo")).echo()
            #expect(get.headers["content-length"] == nil && get.headers["transfer-encoding"] == nil)
            let post = HTTPTransportRequest(method: "POST", url: server.base + "/echo")
            #expect(try await transport.send(post).echo().headers["content-length"] == "0")
            let head = try await transport.send(HTTPTransportRequest(method: "HEAD", url: server.base + "/echo"))
            #expect(head.status == 200)
            #expect(try await head.collect(upTo: 0).readableBytes == 0)
        }
    }

    @Test func skipsInterimResponses() async throws {
        try await TestServer.with { server in
            let response = try await transport.send(HTTPTransportRequest(url: server.base + "/interim"))
            #expect(response.status == 200)
            #expect(response.headers["Link"] == nil)
        }
    }

    @Test func trailersComeAfterTheBody() async throws {
        try await TestServer.with { server in
            let response = try await transport.send(HTTPTransportRequest(url: server.base + "/trailers"))
            #expect(response.headers["X-Digest"] == nil)
            #expect(String(buffer: try await response.collect(upTo: 10)) == "body")
            #expect(response.body.trailers["x-digest"] == "abc")
            #expect(response.body.trailers.fields.count == 2)
        }
    }

    @Test func reusesConnections() async throws {
        try await TestServer.with { server in
            var connections: Set<Int> = []
            for _ in 0..<20 {
                let response = try await transport.send(HTTPTransportRequest(url: server.base + "/echo"))
                connections.insert(try await response.echo().connection)
            }
            #expect(connections.count == 1)
        }
    }

    @Test func runsManyAtOnce() async throws {
        try await TestServer.with { server in
            let total = try await withThrowingTaskGroup(of: Int.self) { group in
                for index in 0..<64 {
                    group.addTask {
                        let url = server.base + "/bytes/\(index * 10_000)"
                        return try await transport.send(HTTPTransportRequest(url: url)).collect(upTo: 1 << 20)
                            .readableBytes
                    }
                }
                return try await group.reduce(0, +)
            }
            #expect(total == (0..<64).reduce(0) { $0 + $1 * 10_000 })
        }
    }

    @Test func reachesUnixSockets() async throws {
        try await TestServer.with(.unixSocket) { server in
            let request = HTTPTransportRequest(url: server.base + "/echo", unixSocketPath: server.socketPath)
            let echo = try await transport.send(request).echo()
            #expect(echo.headers["host"] == "box")
        }
    }

    @Test func collectStopsAtItsLimit() async throws {
        try await TestServer.with { server in
            let response = try await transport.send(HTTPTransportRequest(url: server.base + "/bytes/100000"))
            await expectError(.bodyTooLarge) { _ = try await response.collect(upTo: 99_999) }
        }
    }

    @Test func refusesHeaderInjection() async throws {
        let request = HTTPTransportRequest(url: "http://127.0.0.1:1/", headers: ["X": "a\r\nY: b"])
        await expectError(.invalidRequest, delivered: false) { _ = try await transport.send(request) }
    }

    @Test func shutdownEndsOpenTransfersAndRefusesNewOnes() async throws {
        try await TestServer.with { server in
            let response = try await transport.send(HTTPTransportRequest(url: server.base + "/open"))
            await transport.shutdown()
            await expectError(.shutdown, delivered: true) { for try await _ in response.body {} }
            let request = HTTPTransportRequest(url: server.base + "/echo")
            await expectError(.shutdown, delivered: false) { _ = try await transport.send(request) }
        }
    }

    @Test func aResponseOutlivesItsTransport() async throws {
        try await TestServer.with { server in
            let response = try await HTTPTransport().send(HTTPTransportRequest(url: server.base + "/bytes/5000000"))
            #expect(try await response.collect(upTo: 5_000_000).readableBytes == 5_000_000)
        }
    }
}

/// Expects the operation to throw a transport error of a code and delivery.
func expectError(
    _ code: HTTPTransportError.Code,
    delivered: Bool? = nil,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ operation: () async throws -> Void
) async {
    let error = await #expect(throws: HTTPTransportError.self, sourceLocation: sourceLocation) { try await operation() }
    #expect(error?.code == code, "\(error?.description ?? "")", sourceLocation: sourceLocation)
    if let delivered { #expect(error?.mayHaveBeenDelivered == delivered, sourceLocation: sourceLocation) }
}
