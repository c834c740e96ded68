import CurlTransport
import FleetTesting
import Model
import NIOCore
import ProviderKit
import Testing

@testable import DockerDriver

/// Boxes with networks of the engine's.
@Suite(.serialized, .enabled(if: DockerEngine.obstacle == nil, "\(DockerEngine.obstacle ?? "")"))
struct NetworkTests {
    private static let server = "while :; do printf 'HTTP/1.0 200 OK\\r\\n\\r\\nhello' | nc -l -p 8080; done"

    @Test(arguments: DockerConfiguration.PortAccess.allCases)
    func portsAreReached(_ access: DockerConfiguration.PortAccess) async throws {
        try await withDockerEngine { engine in
            try await Self.withNetworks(["sandfleet-one", "sandfleet-two"], engine) {
                try await DockerFixture.with(engine) {
                    $0.network = "sandfleet-one"
                    $0.attachedNetworks = ["sandfleet-two"]
                    $0.ports = access
                } _: { fixture in
                    try await serve(fixture)
                }
            }
        }
    }

    private func serve(_ fixture: DockerFixture) async throws {
        #expect(fixture.driver.descriptor.networkPolicies == [.none, .full])
        #expect(fixture.driver.descriptor.problems.isEmpty)
        let tag = fixture.newTag()
        let spec = SandboxSpec(networkPolicy: .full, ports: [8080])
        let box = try await fixture.create(tag, spec)
        #expect(try await box.shell("ls /sys/class/net | grep -c eth") == "2")
        #expect(box.envelope.sessionState.exposedPorts == [8080])
        let process = try await box.start(.script(Self.server, isDurable: true))
        let transport = try HTTPTransport(HTTPTransport.Configuration(proxy: .none))
        try await answers(box.envelope, transport)
        // Stopped and started it may be elsewhere; attached already is well.
        try await process.kill(grace: .zero)
        try await fixture.driver.stop(box.envelope, epoch: 1)
        var resumption = fixture.resumption(box.envelope, tag, epoch: 2)
        resumption.spec = spec
        let again = try await fixture.driver.resume(resumption)
        #expect(try await again.shell("ls /sys/class/net | grep -c eth") == "2")
        _ = try await again.start(.script(Self.server, isDurable: true))
        try await answers(again.envelope, transport)

        let closed = SandboxSpec(networkPolicy: .none, ports: [8080])
        #expect(await failure { _ = try await fixture.create(nil, closed) } == .unsupported)
        await transport.shutdown()
    }

    private func answers(_ envelope: Envelope, _ transport: HTTPTransport) async throws {
        let address = try #require(envelope.sessionState.providerState["port.8080"])
        try await eventually("the box answers at \(address)", within: .seconds(60)) {
            // Until the program listens nobody answers.
            let request = HTTPTransportRequest(url: "http://\(address)/", deadline: .seconds(10))
            guard let answer = try? await transport.send(request) else { return false }
            guard let body = try? await answer.collect(upTo: 100) else { return false }
            return String(buffer: body) == "hello"
        }
    }

    /// They are interfaces of this machine, and outlive their engine.
    private static func withNetworks(
        _ names: [String],
        _ engine: DockerEngine,
        _ body: () async throws -> Void
    ) async throws {
        let outcome: Result<Void, any Error>
        do {
            for name in names {
                try await engine.call("POST", "/networks/create", "{\"Name\":\"\(name)\",\"Driver\":\"bridge\"}")
            }
            outcome = .success(try await body())
        } catch {
            outcome = .failure(error)
        }
        for name in names {
            // One that was not made cannot be removed.
            _ = try? await engine.call("DELETE", "/networks/\(name)")
        }
        try outcome.get()
    }
}
