import FleetTesting
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import Testing

@testable import CurlTransport

/// What is said about a connection does not wait behind what goes through it.
@Suite(.serialized)
struct ControlFrameTests {
    private let transport: HTTPTransport

    init() throws {
        transport = try HTTPTransport()
    }

    @Test func pingsAndPongsPassWhatWaits() async throws {
        try await UpgradeServer.with { server in
            // Far more than the kernel takes of what nobody reads, in many frames.
            let frames = 64
            let socket = try await transport.webSocket(
                HTTPTransportRequest(url: server.base + "/ordered/\(frames)"),
                options: .init(frameLimit: 128 << 10)
            )
            let answer = Task { try await socket.receive() }
            let sender = Task { try await socket.send(.binary(ByteBuffer(repeating: 7, count: frames * (128 << 10)))) }
            // Behind the data it would wait until the server reads, which nobody has asked for yet.
            try await eventually("the message is queued") { socket.isFull }
            try await socket.ping()
            _ = try await transport.send(HTTPTransportRequest(url: server.base + "/go"))
            guard case .text(let text) = try await answer.value else {
                Issue.record("no answer")
                return
            }
            let before = try JSONDecoder().decode([String: Int].self, from: Data(text.utf8))
            #expect(try #require(before["ping"]) < frames)
            #expect(try #require(before["pong"]) < frames)
            try await sender.value
        }
    }

    @Test func aPeerThatReadsNothingIsGivenUp() async throws {
        try await UpgradeServer.with { server in
            let socket = try await transport.webSocket(HTTPTransportRequest(url: server.base + "/unread"))
            let sender = Task { try await socket.send(.binary(ByteBuffer(repeating: 7, count: 8 << 20))) }
            try await eventually("the message is queued") { socket.isFull }
            let receiver = Task { try await socket.receive() }
            let error = await #expect(throws: WebSocketError.self) {
                try await socket.keepAlive(every: .milliseconds(50), answerWithin: .milliseconds(50))
            }
            #expect(error?.code == .timeout)
            await #expect(throws: (any Error).self) { _ = try await receiver.value }
            await #expect(throws: (any Error).self) { try await sender.value }
            _ = try await transport.send(HTTPTransportRequest(url: server.base + "/go"))
        }
    }

    @Test func aCloseThatNobodyReadsIsNotWaitedForLong() async throws {
        try await UpgradeServer.with { server in
            let socket = try await transport.webSocket(HTTPTransportRequest(url: server.base + "/unread"))
            let sender = Task { try await socket.send(.binary(ByteBuffer(repeating: 7, count: 8 << 20))) }
            try await eventually("the message is queued") { socket.isFull }
            await socket.close(within: .milliseconds(100))
            await #expect(throws: (any Error).self) { try await sender.value }
            _ = try await transport.send(HTTPTransportRequest(url: server.base + "/go"))
        }
    }

    @Test func aRequestIsDescribedWithoutWhatIsSecretInItsURL() {
        let urls = [
            "https://user:pass@host/path?token=x#f": "GET https://host/path",
            "https://us@er:p@ss@host:8/a@b": "GET https://host:8/a@b", "http://host": "GET http://host",
            "http://host#user:pass@": "GET http://host", "not a url": "GET not a url",
        ]
        for (url, expected) in urls { #expect("\(HTTPTransportRequest(url: url))" == expected) }
    }
}
