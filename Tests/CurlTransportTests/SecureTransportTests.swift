import CurlTransport
import Foundation
import NIOCore
import Testing

@Suite(.serialized)
struct SecureTransportTests {
    @Test func verifiesThePeer() async throws {
        try await withCertificate { certificate in
            try await TestServer.with(.tls(certificate)) { server in
                let request = HTTPTransportRequest(url: server.base + "/echo")
                await expectError(.tls, delivered: false) { _ = try await HTTPTransport().send(request) }
                let trusting = try HTTPTransport(.init(authorityFile: certificate.file))
                #expect(try await trusting.send(request).echo().method == "GET")
            }
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/node")))
    func speaksHTTP2WithPausesWhereOffered() async throws {
        try await withCertificate { certificate in
            try await TestServer.with(.http2(certificate)) { server in
                let transport = try HTTPTransport(.init(authorityFile: certificate.file))
                let upload = HTTPTransportUpload(length: nil) { write in
                    for _ in 0..<50 { try await write(ByteBuffer(repeating: 1, count: 100_000)) }
                }
                let posted = try await transport.send(
                    HTTPTransportRequest(method: "POST", url: server.base + "/", body: .streamed(upload))
                )
                let answer = String(buffer: try await posted.collect(upTo: 1000))
                #expect(answer == #"{"version":"2.0","size":5000000}"#)

                let response = try await transport.send(HTTPTransportRequest(url: server.base + "/bytes"))
                var received = 0
                for try await chunk in response.body {
                    received += chunk.readableBytes
                    try await Task.sleep(for: .milliseconds(1))
                }
                #expect(received == 20_000_000)
            }
        }
    }

    private func withCertificate(_ body: (TestServer.Certificate) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(try await TestServer.Certificate.make(in: directory))
    }
}
