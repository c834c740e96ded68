import Fleet
import FleetTesting
import Logging
import Model
import NIOCore
import ProviderKit
import Testing

@testable import DockerDriver

/// An engine behind TLS, which knows its clients by their certificates.
@Suite(.enabled(if: DockerEngine.obstacle == nil, "\(DockerEngine.obstacle ?? "")"))
struct TLSTests {
    @Test func boxesAreReachedOverTLS() async throws {
        try await withTemporaryDirectory { folder in
            try await Self.makeCertificates(in: folder)
            let port = try FreePort.choose()
            let options = [
                "--tlsverify", "--tlscacert=\(folder)/ca.pem", "--tlscert=\(folder)/server.pem",
                "--tlskey=\(folder)/server.key", "--host=tcp://127.0.0.1:\(port)",
            ]
            try await withDockerEngine(options) { engine in
                let secure = try DockerEndpoint(
                    host: "tcp://127.0.0.1:\(port)",
                    verifiesTLS: true,
                    certificatePath: folder
                )
                try await DockerFixture.with(engine) {
                    $0.endpoint = secure
                } _: { fixture in
                    let tag = fixture.newTag()
                    let box = try await fixture.create(tag)
                    let result = try await box.run("sha256sum", input: Self.zeros)
                    #expect(String(buffer: result.stdout).hasPrefix(Self.digest))
                    await box.detach()
                    #expect(try await fixture.resume(box, tag, epoch: 2).shell("echo again") == "again")
                }
                // Without a certificate nobody is let in, and another authority's server is nobody.
                var open = try DockerFixture.configuration(engine)
                open.endpoint = DockerEndpoint(.tcp("127.0.0.1:\(port)"))
                #expect(await Self.start(open) != nil)
                try await Self.makeCertificates(in: "\(folder)/other")
                open.endpoint = try DockerEndpoint(
                    host: "tcp://127.0.0.1:\(port)",
                    verifiesTLS: true,
                    certificatePath: "\(folder)/other"
                )
                #expect(await Self.start(open) == .transient)
            }
        }
    }

    private static let zeros = ByteBuffer(repeating: 0, count: 3_000_000)
    /// Of three million zeros.
    private static let digest = "35bce4eae54ec8e6cc2868baa8d15791"

    private static func start(_ configuration: DockerConfiguration) async -> DriverError.Kind? {
        await failure {
            let driver = try await DockerDriver.start(configuration, logger: Logger(label: "test"))
            await driver.shutdown()
        }
    }

    /// An authority, and a server and a client that it vouches for, under the names that Docker gives them.
    private static func makeCertificates(in folder: String) async throws {
        try await Tool.run(
            "/bin/sh",
            [
                "-euc",
                """
                mkdir -p "$1" && cd "$1"
                openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem
                sign() {
                    openssl req -newkey rsa:2048 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
                    printf '%s\\n' "subjectAltName=IP:127.0.0.1" "extendedKeyUsage=$2" >"$1.ext"
                    openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile "$1.ext" -out "$1.pem"
                }
                sign server serverAuth
                sign client clientAuth
                mv client.pem cert.pem
                mv client.key key.pem
                """,
                "certificates", folder,
            ]
        )
    }
}
