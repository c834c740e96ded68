import Crypto
import CurlTransport
import Foundation
import NIOCore
import Testing

/// Many bytes and many connections, in flat memory and on one thread.
@Suite(.serialized)
struct UpgradeStreamingTests {
    private static let size = 50_000_000
    private static let memoryLimit = 48 << 20
    private let transport: HTTPTransport

    init() throws {
        transport = try HTTPTransport()
    }

    @Test(arguments: [false, true])
    func fiftyMegabytesBothWaysAtOnce(overTLS: Bool) async throws {
        try await withCertificate { certificate in
            try await UpgradeServer.with(overTLS ? .tls(certificate) : .plain) { server in
                let transport = try HTTPTransport(.init(authorityFile: certificate.file))
                let stream = try await transport.upgrade(server.request("/echo")).stream
                #expect(stream.canFinishWriting == !overTLS)
                let before = try residentBytes()
                async let sending: Void = Self.send(to: stream)
                let digest = try await Self.digest(of: stream, pausing: true, from: before)
                try await sending
                #expect(digest == Self.expected)
            }
        }
    }

    @Test func aSlowServerSlowsItsWriter() async throws {
        try await UpgradeServer.with { server in
            let stream = try await transport.upgrade(server.request("/sink/0.001")).stream
            let before = try residentBytes()
            try await Self.send(to: stream)
            #expect(try residentBytes() - before < Self.memoryLimit)
            try stream.finishWriting()
            let answer = try await stream.rest()
            #expect(String(buffer: answer).contains(Self.expected))
        }
    }

    @Test func aSlowReaderSlowsItsServer() async throws {
        try await UpgradeServer.with { server in
            let stream = try await transport.upgrade(server.request("/source/200000000")).stream
            let before = try residentBytes()
            var received = 0
            while let chunk = try await stream.read() {
                #expect(chunk.readableBytesView.first == UInt8(truncatingIfNeeded: received))
                received += chunk.readableBytes
                if received % 50 == 0 { try await Task.sleep(for: .milliseconds(1)) }
            }
            #expect(received == 200_000_000)
            #expect(try residentBytes() - before < Self.memoryLimit)
        }
    }

    @Test func twoHundredStreamsTakeNoThreadEach() async throws {
        try await UpgradeServer.with(.unixSocket) { server in
            let transport = transport
            let before = try threads()
            try await withThrowingTaskGroup { group in
                for number in 0..<200 {
                    group.addTask {
                        let stream = try await transport.upgrade(server.request("/echo")).stream
                        let line = ByteBuffer(string: "stream \(number)\n")
                        for _ in 0..<20 {
                            try await stream.write(line)
                            #expect(try await stream.bytes(line.readableBytes) == line)
                        }
                        return stream
                    }
                }
                var open: [UpgradedStream] = []
                for try await stream in group { open.append(stream) }
                // All of them are open at this moment, beyond the number of idle connections that are kept.
                #expect(try threads() <= before + 4)
                for stream in open {
                    try await stream.write(ByteBuffer(string: "."))
                    #expect(try await stream.bytes(1).readableBytes == 1)
                }
                let plain = HTTPTransportRequest(url: "http://engine/refuse/close", unixSocketPath: server.socketPath)
                async let beside = transport.send(plain).status
                open.removeAll()
                #expect(try await beside == 409)
            }
        }
    }

    /// A block of known bytes, over and over.
    private static let block: ByteBuffer = {
        var block = ByteBuffer()
        for index in 0..<100_000 { block.writeInteger(UInt8(truncatingIfNeeded: index &* 31 &+ index >> 8)) }
        return block
    }()

    private static let expected: String = {
        var digest = SHA256()
        for _ in 0..<(size / block.readableBytes) { block.withUnsafeReadableBytes { digest.update(bufferPointer: $0) } }
        return digest.finalize().map { String(format: "%02x", $0) }.joined()
    }()

    private static func send(to stream: UpgradedStream) async throws {
        for _ in 0..<(size / block.readableBytes) { try await stream.write(block) }
    }

    private static func digest(of stream: UpgradedStream, pausing: Bool, from before: Int) async throws -> String {
        var digest = SHA256()
        var received = 0
        var peak = before
        while received < size, let chunk = try await stream.read() {
            chunk.withUnsafeReadableBytes { digest.update(bufferPointer: $0) }
            received += chunk.readableBytes
            if pausing, received % 16 == 0 {
                try await Task.sleep(for: .microseconds(200))
                peak = max(peak, try residentBytes())
            }
        }
        #expect(peak - before < memoryLimit, "grew by \(peak - before) bytes")
        return digest.finalize().map { String(format: "%02x", $0) }.joined()
    }

    private func threads() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("Threads:") })
        return try #require(Int(line.split(separator: "\t").last ?? ""))
    }
}
