import CurlTransport
import Foundation
import NIOCore
import Testing

@Suite(.serialized)
struct UpgradeTests {
    private let transport: HTTPTransport

    init() throws {
        transport = try HTTPTransport()
    }

    @Test(arguments: [false, true])
    func bytesBothWaysAndAHalfClose(overUnixSocket: Bool) async throws {
        try await UpgradeServer.with(overUnixSocket ? .unixSocket : .plain) { server in
            let upgrade = try await transport.upgrade(server.request("/tcp?x=1", method: "POST", body: #"{"Tty":false}"#))
            #expect(upgrade.status == 101)
            #expect(upgrade.headers.all("X-Twice") == ["1", "2"])
            #expect(upgrade.headers["Link"] == nil)
            let stream = upgrade.stream
            try await stream.write(ByteBuffer(string: "hello "))
            try await stream.write(ByteBuffer(string: "world"))
            #expect(stream.canFinishWriting)
            try stream.finishWriting()
            await expectError(.invalidRequest) { try await stream.write(ByteBuffer(string: "late")) }
            let lines = String(buffer: try await stream.rest()).split(separator: "\n")
            let asked = try JSONDecoder().decode([String: String].self, from: Data(try #require(lines.first).utf8))
            #expect(asked["method"] == "POST")
            #expect(asked["upgrade"] == "tcp")
            #expect(asked["body"] == #"{"Tty":false}"#)
            #expect(asked["host"].map { server.base.hasSuffix($0) } == true)
            #expect(lines.last == "hello worldgoodbye")
            #expect(try await stream.read() == nil)
        }
    }

    @Test func anAnswerOfAnotherStatusIsTakenWhereAsked() async throws {
        try await UpgradeServer.with { server in
            let upgrade = try await transport.upgrade(server.request("/plain", method: "POST"), accepting: [101, 200])
            #expect(upgrade.status == 200)
            #expect(String(buffer: try await upgrade.stream.rest()) == "raw")
        }
    }

    @Test(arguments: [("401", 401), ("chunked", 404), ("close", 409)])
    func aRefusalHasItsBody(how: String, status: Int) async throws {
        try await UpgradeServer.with { server in
            let refusal = await #expect(throws: HTTPUpgradeRefusal.self) {
                _ = try await transport.upgrade(server.request("/refuse/\(how)"))
            }
            #expect(refusal?.status == status)
            #expect(refusal.map { String(buffer: $0.body) } == #"{"message": "no such exec"}"#)
            if status == 401 { #expect(refusal?.headers["WWW-Authenticate"] == "Bearer") }
        }
    }

    @Test func anEndlessRefusalIsCut() async throws {
        try await UpgradeServer.with { server in
            let refusal = await #expect(throws: HTTPUpgradeRefusal.self) {
                _ = try await transport.upgrade(server.request("/refuse/endless"))
            }
            #expect(refusal?.status == 500)
            #expect(refusal?.body.readableBytes == HTTPUpgradeRefusal.bodyLimit)
        }
    }

    @Test func aServerThatNeverAnswers() async throws {
        try await UpgradeServer.with { server in
            var request = server.request("/silent")
            request.answerTimeout = .milliseconds(150)
            await expectError(.timeout, delivered: true) { _ = try await transport.upgrade(request) }
            let left = try await server.clientLeft(transport)
            #expect(left)
        }
    }

    @Test func cancellingTheUpgradeClosesTheConnection() async throws {
        try await UpgradeServer.with { server in
            let upgrading = Task { try await transport.upgrade(server.request("/silent")).status }
            // Whether it was sent already when it is cancelled does not matter to the caller.
            try await Task.sleep(for: .milliseconds(50))
            upgrading.cancel()
            await expectError(.cancelled) { _ = try await upgrading.value }
            let left = try await server.clientLeft(transport)
            #expect(left)
        }
    }

    @Test func brokenAnswers() async throws {
        try await UpgradeServer.with { server in
            await expectError(.aborted, delivered: true) { _ = try await transport.upgrade(server.request("/half")) }
            await expectError(.protocolViolation) { _ = try await transport.upgrade(server.request("/noise")) }
            await expectError(.protocolViolation) { _ = try await transport.upgrade(server.request("/endless")) }
        }
    }

    @Test func whatNeverLeftSaysSo() async throws {
        let refused = HTTPTransportRequest(url: "http://127.0.0.1:1/", headers: ["Upgrade": "tcp"])
        await expectError(.connectFailed, delivered: false) { _ = try await transport.upgrade(refused) }
        let unknown = HTTPTransportRequest(url: "ws://host.invalid/", headers: ["Upgrade": "tcp"])
        await expectError(.dns, delivered: false) { _ = try await transport.upgrade(unknown) }
        let smuggled = HTTPTransportRequest(url: "ws://127.0.0.1:1/", headers: ["X": "a\r\nY: b"])
        await expectError(.invalidRequest, delivered: false) { _ = try await transport.upgrade(smuggled) }
    }

    @Test func theEndOfAStreamAndItsLoss() async throws {
        try await UpgradeServer.with { server in
            let cut = try await transport.upgrade(server.request("/cut")).stream
            #expect(String(buffer: try await cut.rest()) == "part")
            let reset = try await transport.upgrade(server.request("/reset")).stream
            #expect(String(buffer: try await reset.bytes(4)) == "part")
            try await reset.write(ByteBuffer(string: "x"))
            await expectError(.aborted, delivered: true) { _ = try await reset.read() }
            await reset.waitUntilClosed()
        }
    }

    @Test func aCancelledReadLosesNothing() async throws {
        try await UpgradeServer.with { server in
            let stream = try await transport.upgrade(server.request("/echo")).stream
            let reading = Task { try await stream.read() }
            await Task.yield()
            reading.cancel()
            await expectError(.cancelled) { _ = try await reading.value }
            try await stream.write(ByteBuffer(string: "still here"))
            #expect(String(buffer: try await stream.bytes(10)) == "still here")
        }
    }

    @Test func lettingGoClosesTheConnection() async throws {
        try await UpgradeServer.with { server in
            do {
                let request = HTTPTransportRequest(url: server.base + "/deaf")
                _ = try await transport.webSocket(request)
            }
            let left = try await server.clientLeft(transport)
            #expect(left)
        }
    }

    @Test func aShutdownEndsStreams() async throws {
        try await UpgradeServer.with { server in
            let stream = try await transport.upgrade(server.request("/echo")).stream
            let end = Task { try await stream.read() }
            await transport.shutdown()
            await expectError(.shutdown) { _ = try await end.value }
            await expectError(.shutdown) { _ = try await transport.upgrade(server.request("/echo")) }
        }
    }
}
