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

    @Test func showsItsCertificateToWhoAsks() async throws {
        try await withCertificate { certificate in
            try await UpgradeServer.with(.tls(certificate, authority: certificate.file)) { server in
                let anonymous = try HTTPTransport(.init(authorityFile: certificate.file))
                await #expect(throws: HTTPTransportError.self) {
                    _ = try await anonymous.upgrade(server.request("/echo")).stream.read()
                }
                let known = try HTTPTransport(
                    .init(
                        authorityFile: certificate.file,
                        clientCertificate: .init(file: certificate.file, keyFile: certificate.key)
                    )
                )
                let stream = try await known.upgrade(server.request("/echo")).stream
                try await stream.write(ByteBuffer(string: "me"))
                #expect(String(buffer: try await stream.bytes(2)) == "me")
                #expect(!stream.canFinishWriting)
                #expect(throws: HTTPTransportError.self) { try stream.finishWriting() }
            }
        }
    }
}
