import Crypto
import CurlTransport
import FleetTesting
import Foundation
import NIOCore
import Testing

/// Against the server of the `websockets` package.
@Suite(.serialized)
struct WebSocketTests {
    private let transport: HTTPTransport

    init() throws {
        transport = try HTTPTransport()
    }

    @Test func messagesOfEveryLength() async throws {
        try await withPeer { peer in
            // Pieces of 100,000 bytes: the longest goes out in three.
            let socket = try await transport.webSocket(peer("/echo"), options: .init(frameLimit: 100_000))
            for length in [0, 1, 7, 8, 125, 126, 127, 65535, 65536, 250_003] {
                var bytes = ByteBuffer()
                for index in 0..<length { bytes.writeInteger(UInt8(truncatingIfNeeded: index &* 7)) }
                try await socket.send(.binary(bytes))
                #expect(try await socket.receive() == .binary(bytes))
            }
            try await socket.send(.text("grüße"))
            #expect(try await socket.receive() == .text("grüße"))
            await socket.close(code: 1000, reason: "done")
            #expect(socket.closure == WebSocketClosure(code: 1000, reason: "done"))
            await #expect(throws: WebSocketError.self) { try await socket.send(.text("late")) }
        }
    }

    @Test func authorizationHeadersAndSubprotocols() async throws {
        try await withPeer { peer in
            let refusal = await #expect(throws: HTTPUpgradeRefusal.self) {
                _ = try await transport.webSocket(peer("/guarded"))
            }
            #expect(refusal?.status == 401)
            #expect(refusal.map { String(buffer: $0.body) } == "who are you?\n")
            let missing = await #expect(throws: HTTPUpgradeRefusal.self) {
                _ = try await transport.webSocket(peer("/missing"))
            }
            #expect(missing?.status == 404)
            var request = peer("/guarded")
            request.headers = ["Authorization": "Bearer let me in", "X-Agent": "sandfleet"]
            let socket = try await transport.webSocket(request, options: .init(subprotocols: ["first", "other"]))
            #expect(socket.subprotocol == "first")
            #expect(try await socket.receive() == .text(#"{"agent": "sandfleet"}"#))
        }
    }

    @Test func fragmentsPingsAndCloses() async throws {
        try await withPeer { peer in
            let fragments = try await transport.webSocket(peer("/fragments"))
            #expect(try await fragments.receive() == .text("fragménts"))
            var bytes = ByteBuffer(repeating: UInt8(ascii: "a"), count: 70000)
            bytes.writeRepeatingByte(UInt8(ascii: "b"), count: 70000)
            #expect(try await fragments.receive() == .binary(bytes))
            #expect(try await fragments.receive() == nil)
            let ping = try await transport.webSocket(peer("/ping"))
            #expect(try await ping.receive() == .text("heard"))
            let closed = try await transport.webSocket(peer("/close/4001"))
            #expect(try await closed.receive() == nil)
            #expect(closed.closure == WebSocketClosure(code: 4001, reason: "because"))
            #expect(try await closed.receive() == nil)
        }
    }

    @Test func aCutConnectionIsNoClose() async throws {
        try await withPeer { peer in
            let socket = try await transport.webSocket(peer("/cut"))
            #expect(try await socket.receive() == .text("before"))
            try await socket.send(.text("got it"))
            await #expect(throws: (any Error).self) { _ = try await socket.receive() }
            #expect(socket.closure == nil)
        }
    }

    @Test func aMessageBeyondTheLimitIsRefused() async throws {
        try await withPeer { peer in
            let socket = try await transport.webSocket(peer("/source/1048576"), options: .init(messageLimit: 1_048_575))
            let error = await #expect(throws: WebSocketError.self) { _ = try await socket.receive() }
            #expect(error?.code == .messageTooLarge)
            let exact = try await transport.webSocket(peer("/source/1048576"), options: .init(messageLimit: 1_048_576))
            guard case .binary(let bytes) = try await exact.receive() else {
                Issue.record("no message")
                return
            }
            #expect(bytes.readableBytes == 1_048_576)
        }
    }

    @Test func fiftyMegabytesToASlowReaderAndToASlowServer() async throws {
        try await withPeer { peer in
            let source = try await transport.webSocket(peer("/source/50000000"))
            let before = try residentBytes()
            var received = 0
            while case .binary(let bytes) = try await source.receive() {
                #expect(bytes.readableBytesView.first == UInt8(truncatingIfNeeded: received))
                received += bytes.readableBytes
                try await Task.sleep(for: .milliseconds(2))
            }
            #expect(received == 50_000_000)
            #expect(source.closure?.code == 1000)
            let sink = try await transport.webSocket(peer("/sink/0.001"))
            let block = ByteBuffer(bytes: (0..<100_000).map { UInt8(truncatingIfNeeded: $0 &* 13) })
            var digest = SHA256()
            for _ in 0..<500 {
                block.withUnsafeReadableBytes { digest.update(bufferPointer: $0) }
                try await sink.send(.binary(block))
            }
            try await sink.send(.text("end"))
            let expected = digest.finalize().map { String(format: "%02x", $0) }.joined()
            #expect(try await sink.receive() == .text(#"{"size": 50000000, "sha256": "\#(expected)"}"#))
            #expect(try residentBytes() - before < 48 << 20)
        }
    }

    @Test func aSilentPeerIsAskedAndGivenUp() async throws {
        try await UpgradeServer.with { server in
            let socket = try await transport.webSocket(HTTPTransportRequest(url: server.base + "/deaf"))
            let received = Task { try await socket.receive() }
            await #expect(throws: WebSocketError.self) {
                try await socket.keepAlive(every: .milliseconds(50), answerWithin: .milliseconds(50))
            }
            let error = await #expect(throws: WebSocketError.self) { _ = try await received.value }
            #expect(error?.code == .timeout)
        }
    }

    @Test func aClosePeerThatIsDeafIsNotWaitedForLong() async throws {
        try await UpgradeServer.with { server in
            let socket = try await transport.webSocket(HTTPTransportRequest(url: server.base + "/deaf"))
            await socket.close(within: .milliseconds(100))
            let left = try await server.clientLeft(transport)
            #expect(left)
        }
    }

    @Test func anImpostorIsNotBelieved() async throws {
        try await UpgradeServer.with { server in
            let error = await #expect(throws: WebSocketError.self) {
                _ = try await transport.webSocket(HTTPTransportRequest(url: server.base + "/impostor"))
            }
            #expect(error?.code == .handshake)
        }
    }

    private func withPeer(_ body: (_ request: (String) -> HTTPTransportRequest) async throws -> Void) async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "websockets_peer.py")
        let python = ProcessInfo.processInfo.environment["SANDFLEET_TEST_PYTHON"] ?? "python3"
        try await withServer("/usr/bin/env", [python, script.path]) { port in
            try await body { HTTPTransportRequest(url: "ws://127.0.0.1:\(port)\($0)", answerTimeout: .seconds(10)) }
        }
    }
}
