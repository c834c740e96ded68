import CurlTransport
import FleetTesting
import Foundation
import Glibc
import NIOCore
import Testing

/// A server of `upgrades.py` in a child process.
struct UpgradeServer {
    let base: String
    let socketPath: String?

    enum Kind {
        case plain
        case unixSocket
        case tls(TestServer.Certificate, authority: String? = nil)
    }

    private static let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "upgrades.py").path

    static func with<Result>(_ kind: Kind = .plain, _ body: (UpgradeServer) async throws -> Result) async throws -> Result {
        let socketPath = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).sock").path
        defer { unlink(socketPath) }
        var arguments = ["python3", script]
        switch kind {
        case .plain: arguments += ["plain"]
        case .unixSocket: arguments += ["unix", socketPath]
        case .tls(let certificate, let authority):
            arguments += ["tls", certificate.file, certificate.key] + [authority].compactMap { $0 }
        }
        return try await withServer("/usr/bin/env", arguments) { port in
            switch kind {
            case .plain: try await body(UpgradeServer(base: "http://127.0.0.1:\(port)", socketPath: nil))
            case .unixSocket: try await body(UpgradeServer(base: "http://engine", socketPath: socketPath))
            case .tls: try await body(UpgradeServer(base: "https://127.0.0.1:\(port)", socketPath: nil))
            }
        }
    }

    /// A proxy that leads every name to this port.
    static func withProxy<Result>(to port: Int, _ body: (String) async throws -> Result) async throws -> Result {
        try await withServer("/usr/bin/env", ["python3", script, "proxy", "\(port)"]) { port in
            try await body("http://127.0.0.1:\(port)")
        }
    }

    func request(_ path: String, method: String = "GET", body: String? = nil) -> HTTPTransportRequest {
        HTTPTransportRequest(
            method: method,
            url: base + path,
            headers: ["Upgrade": "tcp"],
            body: body.map { .bytes(ByteBuffer(string: $0)) } ?? .none,
            unixSocketPath: socketPath,
            answerTimeout: .seconds(10)
        )
    }

    /// Waits until the server has seen the client of a silent connection leave.
    func clientLeft(_ transport: HTTPTransport) async throws -> Bool {
        let request = HTTPTransportRequest(url: base + "/left", unixSocketPath: socketPath)
        let answer = try JSONDecoder().decode([String: Bool].self, from: try await transport.send(request).data())
        return answer["left"] == true
    }
}

extension UpgradedStream {
    /// Everything up to the peer's end.
    func rest() async throws -> ByteBuffer {
        var all = ByteBuffer()
        while let chunk = try await read() { all.writeImmutableBuffer(chunk) }
        return all
    }

    /// Exactly so many bytes.
    func bytes(_ count: Int) async throws -> ByteBuffer {
        var all = ByteBuffer()
        while all.readableBytes < count, let chunk = try await read() { all.writeImmutableBuffer(chunk) }
        #expect(all.readableBytes == count)
        return all
    }
}

func withCertificate<Result>(_ body: (TestServer.Certificate) async throws -> Result) async throws -> Result {
    try await withTemporaryDirectory { directory in
        try await body(try await TestServer.Certificate.make(in: URL(filePath: directory)))
    }
}
