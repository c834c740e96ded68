import CurlTransport
import FleetTesting
import Model
import NIOCore
import ProviderKit
import Testing

@testable import DockerDriver

/// Boxes with a network of the engine's.
@Suite(.serialized, .enabled(if: DockerEngine.obstacle == nil, "\(DockerEngine.obstacle ?? "")"))
struct NetworkTests {
    @Test func portsAreReachedOnLoopbackOrByNetwork() async throws {
        try await withDockerEngine { engine in
            for name in ["sandfleet-one", "sandfleet-two"] {
                try await Tool.run("/usr/bin/curl", Self.network(name, engine))
            }
            for access in DockerConfiguration.PortAccess.allCases {
                try await DockerFixture.with(engine) {
                    $0.network = "sandfleet-one"
                    $0.attachedNetworks = ["sandfleet-two"]
                    $0.ports = access
                } _: { fixture in
                    #expect(fixture.driver.descriptor.networkPolicies == [.none, .full])
                    #expect(fixture.driver.descriptor.problems.isEmpty)
                    let tag = fixture.newTag()
                    let spec = SandboxSpec(networkPolicy: .full, ports: [8080])
                    let box = try await fixture.create(tag, spec)
                    #expect(try await box.shell("ls /sys/class/net | grep -c eth") == "2")
                    let server = "while :; do printf 'HTTP/1.0 200 OK\\r\\n\\r\\nhello' | nc -l -p 8080; done"
                    let process = try await box.start(.script(server, isDurable: true))
                    let transport = try HTTPTransport(HTTPTransport.Configuration(proxy: .none))
                    try await answers(box.envelope, transport)
                    #expect(box.envelope.sessionState.exposedPorts == [8080])
                    // Stopped and started it may be elsewhere; attached already is well.
                    try await process.kill(grace: .zero)
                    try await fixture.driver.stop(box.envelope, epoch: 1)
                    var resumption = fixture.resumption(box.envelope, tag, epoch: 2)
                    resumption.spec = spec
                    let again = try await fixture.driver.resume(resumption)
                    #expect(try await again.shell("ls /sys/class/net | grep -c eth") == "2")
                    _ = try await again.start(.script(server, isDurable: true))
                    try await answers(again.envelope, transport)

                    let closed = SandboxSpec(networkPolicy: .none, ports: [8080])
                    #expect(await failure { _ = try await fixture.create(nil, closed) } == .unsupported)
                    await transport.shutdown()
                }
            }
        }
    }

    private func answers(_ envelope: Envelope, _ transport: HTTPTransport) async throws {
        let address = try #require(envelope.sessionState.providerState["port.8080"])
        try await eventually("the box answers at \(address)") {
            // Until the program listens nobody answers.
            let request = HTTPTransportRequest(url: "http://\(address)/", deadline: .seconds(10))
            guard let answer = try? await transport.send(request) else { return false }
            return String(buffer: try await answer.collect(upTo: 100)) == "hello"
        }
    }

    private static func network(_ name: String, _ engine: DockerEngine) -> [String] {
        [
            "--silent", "--show-error", "--fail-with-body", "--unix-socket", engine.socket, "--noproxy", "*",
            "--header", "Content-Type: application/json", "--data", "{\"Name\":\"\(name)\",\"Driver\":\"bridge\"}",
            "http://docker/networks/create",
        ]
    }
}
