import CurlTransport
import Foundation
import NIOCore
import Testing

/// Each way in which a request ends early, and what is known of its delivery.
@Suite(.serialized)
struct FailureTests {
    private let transport: HTTPTransport

    init() throws {
        transport = try HTTPTransport()
    }

    @Test func connectRefused() async throws {
        let request = HTTPTransportRequest(url: "http://127.0.0.1:1/")
        await expectError(.connectFailed, delivered: false) { _ = try await transport.send(request) }
        let socket = HTTPTransportRequest(url: "http://box/", unixSocketPath: "/nonexistent.sock")
        await expectError(.connectFailed, delivered: false) { _ = try await transport.send(socket) }
    }

    @Test func unknownHost() async throws {
        let request = HTTPTransportRequest(url: "http://host.invalid/")
        await expectError(.dns, delivered: false) { _ = try await transport.send(request) }
    }

    @Test(arguments: ["length", "chunked"])
    func aConnectionClosedMidBodyIsAnErrorNotAnEnd(framing: String) async throws {
        try await TestServer.with { server in
            let response = try await transport.send(HTTPTransportRequest(url: server.base + "/cut/\(framing)"))
            var received = ""
            await expectError(.aborted, delivered: true) {
                for try await chunk in response.body { received += String(buffer: chunk) }
            }
            #expect(received == "hello")
        }
    }

    @Test func deadlineAndIdleTimeout() async throws {
        try await TestServer.with { server in
            var request = HTTPTransportRequest(url: server.base + "/silent", deadline: .milliseconds(150))
            await expectError(.timeout, delivered: true) { _ = try await transport.send(request) }
            #expect(try await server.readerLeft(transport))
            request = HTTPTransportRequest(url: server.base + "/open", deadline: .milliseconds(150))
            let response = try await transport.send(request)
            await expectError(.timeout, delivered: true) { for try await _ in response.body {} }
            request = HTTPTransportRequest(url: server.base + "/silent", idleTimeout: .seconds(1))
            await expectError(.timeout, delivered: true) { _ = try await transport.send(request) }
        }
    }

    @Test func theAnswerIsBoundedApartFromTheBody() async throws {
        try await TestServer.with { server in
            var request = HTTPTransportRequest(url: server.base + "/silent", answerTimeout: .milliseconds(150))
            await expectError(.timeout, delivered: true) { _ = try await transport.send(request) }
            #expect(try await server.readerLeft(transport))
            // Answered in time: the body may take longer.
            request.url = server.base + "/open"
            let response = try await transport.send(request)
            let reading = Task { for try await _ in response.body {} }
            try await Task.sleep(for: .milliseconds(250))
            reading.cancel()
            await expectError(.cancelled, delivered: true) { try await reading.value }
        }
    }

    @Test func cancellingSendClosesTheConnection() async throws {
        try await TestServer.with { server in
            let isConnected = AsyncStream<Void>.makeStream()
            let sending = Task {
                let upload = HTTPTransportUpload(length: nil) { write in
                    try await write(ByteBuffer(string: "x"))
                    isConnected.continuation.yield()
                    try await Task.sleep(for: .seconds(60))
                }
                return
                    try await transport.send(
                        HTTPTransportRequest(method: "POST", url: server.base + "/echo", body: .streamed(upload))
                    )
                    .status
            }
            for await _ in isConnected.stream { break }
            sending.cancel()
            await expectError(.cancelled) { _ = try await sending.value }
        }
    }

    @Test func cancellingAReaderMidBodyClosesTheConnection() async throws {
        try await TestServer.with { server in
            let first = AsyncStream<ByteBuffer>.makeStream()
            let reading = Task {
                let response = try await transport.send(HTTPTransportRequest(url: server.base + "/open"))
                for try await chunk in response.body { first.continuation.yield(chunk) }
            }
            for await chunk in first.stream {
                #expect(String(buffer: chunk) == "first")
                break
            }
            reading.cancel()
            await expectError(.cancelled, delivered: true) { try await reading.value }
            let left = try await server.readerLeft(transport)
            #expect(left)
        }
    }

    @Test func lettingGoOfAnUnreadBodyClosesTheConnection() async throws {
        try await TestServer.with { server in
            do {
                let response = try await transport.send(HTTPTransportRequest(url: server.base + "/open"))
                #expect(response.status == 200)
            }
            #expect(try await server.readerLeft(transport))
        }
    }

    /// libcurl sends a request again when a reused connection dies before any answer: right for GET, not for POST.
    @Test func aPostIsNotSentTwiceByItself() async throws {
        try await TestServer.with { server in
            func lost() async throws -> Int? {
                let response = try await transport.send(HTTPTransportRequest(url: server.base + "/counters"))
                return try JSONDecoder().decode([String: Int].self, from: try await response.data())["lost"]
            }
            _ = try await lost()
            let post = HTTPTransportRequest(method: "POST", url: server.base + "/lost")
            await expectError(.aborted, delivered: true) { _ = try await transport.send(post) }
            #expect(try await lost() == 1)
            let get = HTTPTransportRequest(url: server.base + "/lost")
            await expectError(.aborted, delivered: true) { _ = try await transport.send(get) }
            #expect(try await lost() == 3)
        }
    }
}
