import CurlTransport
import FleetTesting
import Foundation
import Glibc
import NIOCore
import Testing

/// A server of `server.py` or `http2.mjs` in a child process.
struct TestServer {
    let base: String
    let socketPath: String?

    enum Kind {
        case plain
        case unixSocket
        case tls(Certificate)
        case http2(Certificate)
    }

    /// A self-signed certificate for 127.0.0.1.
    struct Certificate {
        let file: String
        let key: String

        static func make(in directory: URL) async throws -> Certificate {
            let certificate = Certificate(
                file: directory.appending(path: "cert.pem").path,
                key: directory.appending(path: "key.pem").path
            )
            try await Tool.run(
                "/usr/bin/openssl",
                [
                    "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate.key, "-out", certificate.file,
                ]
            )
            return certificate
        }
    }

    static func with<Result>(_ kind: Kind = .plain, _ body: (TestServer) async throws -> Result) async throws -> Result {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let socketPath = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).sock").path
        var program = ["python3", folder.appending(path: "server.py").path]
        var isUnix = false
        var scheme = "http"
        switch kind {
        case .plain: program += ["plain"]
        case .unixSocket:
            program += ["unix", socketPath]
            isUnix = true
        case .tls(let certificate):
            program += ["tls", certificate.file, certificate.key]
            scheme = "https"
        case .http2(let certificate):
            program = ["node", folder.appending(path: "http2.mjs").path, certificate.file, certificate.key]
            scheme = "https"
        }
        defer { unlink(socketPath) }
        return try await withServer("/usr/bin/env", program) { port in
            try await body(
                TestServer(
                    base: isUnix ? "http://box" : "\(scheme)://127.0.0.1:\(port)",
                    socketPath: isUnix ? socketPath : nil
                )
            )
        }
    }

    /// Waits until the server has seen the reader of an open response leave.
    func readerLeft(_ transport: HTTPTransport) async throws -> Bool {
        let response = try await transport.send(HTTPTransportRequest(url: base + "/left"))
        let answer = try await JSONDecoder().decode([String: Bool].self, from: response.data())
        return answer["left"] == true
    }
}

/// What `/echo` answers.
struct Echo: Decodable {
    let method: String
    let headers: [String: String]
    let size: Int
    let sha256: String
    let connection: Int
}

extension HTTPTransportResponse {
    func data() async throws -> Data {
        Data(try await collect(upTo: 1 << 20).readableBytesView)
    }

    func echo() async throws -> Echo {
        try JSONDecoder().decode(Echo.self, from: try await data())
    }
}

/// Resident memory of this process in bytes.
func residentBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") })
    return try #require(Int(line.split(separator: " ").dropFirst().first ?? "")) * 1024
}
