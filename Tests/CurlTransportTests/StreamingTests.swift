import CurlTransport
import Foundation
import NIOCore
import Testing

/// Large bodies in both directions, at the pace of the slower side and in flat memory.
@Suite(.serialized)
struct StreamingTests {
    private static let size = 200_000_000
    /// Well under the size, and above what the suites that run beside this one take.
    private static let memoryLimit = 48 << 20
    private let transport: HTTPTransport

    init() throws {
        transport = try HTTPTransport()
    }

    @Test func slowReaderOfALargeDownload() async throws {
        try await TestServer.with { server in
            let response = try await transport.send(HTTPTransportRequest(url: server.base + "/bytes/\(Self.size)"))
            let before = try residentBytes()
            var peak = before
            var received = 0
            var chunks = 0
            for try await chunk in response.body {
                // The server sends the same 256 bytes over and over, so each byte is known by its offset.
                #expect(chunk.readableBytesView.first == UInt8(truncatingIfNeeded: received))
                received += chunk.readableBytes
                chunks += 1
                if chunks.isMultiple(of: 50) {
                    try await Task.sleep(for: .milliseconds(5))
                    peak = max(peak, try residentBytes())
                }
            }
            #expect(received == Self.size)
            #expect(peak - before < Self.memoryLimit, "grew by \(peak - before) bytes")
        }
    }

    @Test(arguments: [true, false])
    func largeUpload(hasLength: Bool) async throws {
        try await TestServer.with { server in
            let block = ByteBuffer(repeating: 0x5A, count: 100_000)
            let before = try residentBytes()
            let peak = Peak()
            let upload = HTTPTransportUpload(length: hasLength ? Self.size : nil) { write in
                for index in 0..<(Self.size / 100_000) {
                    try await write(block)
                    if index.isMultiple(of: 100) { await peak.note(try residentBytes()) }
                }
            }
            let request = HTTPTransportRequest(method: "PUT", url: server.base + "/echo", body: .streamed(upload))
            let echo = try await transport.send(request).echo()
            #expect(echo.size == Self.size)
            #expect(echo.headers["transfer-encoding"] == (hasLength ? nil : "chunked"))
            let growth = await peak.value - before
            #expect(growth < Self.memoryLimit, "grew by \(growth) bytes")
        }
    }

    @Test func aStarvedUploadGoesOnWhenItsSourceDoes() async throws {
        try await TestServer.with { server in
            let source = AsyncStream<ByteBuffer>.makeStream()
            async let echo =
                transport.send(
                    HTTPTransportRequest(
                        method: "POST",
                        url: server.base + "/echo",
                        body: .stream(length: nil, source.stream)
                    )
                )
                .echo()
            for _ in 0..<20 {
                source.continuation.yield(ByteBuffer(string: "tick"))
                try await Task.sleep(for: .milliseconds(5))
            }
            source.continuation.finish()
            #expect(try await echo.size == 80)
        }
    }

    @Test func anUploadThatBreaksItsPromiseFails() async throws {
        try await TestServer.with { server in
            for promised in [3, 5] {
                let upload = HTTPTransportUpload(length: promised) { try await $0(ByteBuffer(string: "four")) }
                let request = HTTPTransportRequest(method: "PUT", url: server.base + "/echo", body: .streamed(upload))
                await expectError(.uploadFailed) { _ = try await transport.send(request) }
            }
            struct SourceFailure: Error {}
            let failing = HTTPTransportUpload(length: nil) { _ in throw SourceFailure() }
            let request = HTTPTransportRequest(method: "PUT", url: server.base + "/echo", body: .streamed(failing))
            await expectError(.uploadFailed) { _ = try await transport.send(request) }
        }
    }

    private actor Peak {
        private(set) var value = 0

        func note(_ bytes: Int) {
            value = max(value, bytes)
        }
    }
}
