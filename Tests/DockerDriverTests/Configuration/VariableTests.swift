import Model
import ProviderKit
import Testing

@testable import DockerDriver

struct VariableTests {
    private func configuration(_ values: [String: String]) throws -> DockerConfiguration {
        let variables = try CredentialSource(environment: { values }).credentials(of: "docker", DockerVariables.all)
        return try DockerConfiguration(variables, fleet: DockerFixture.newID(), daemonPath: "/boxd")
    }

    @Test func nothingIsRequired() throws {
        let usual = try configuration([:])
        #expect(usual.image == "debian:12-slim")
        #expect(usual.network == "bridge")
        #expect(usual.capabilities == DockerConfiguration.usualCapabilities)
        #expect(usual.processes == 4_096)
        #expect(usual.memoryMb == nil && usual.user == nil && usual.registry == nil && usual.runtime == nil)
    }

    @Test func everyVariableIsRead() throws {
        let all = try configuration([
            "DOCKER_HOST": "tcp://engine", "SANDBOX_DOCKER_IMAGE": "a:1", "SANDBOX_DOCKER_NETWORK": "n",
            "SANDBOX_DOCKER_ATTACH": "x, y", "SANDBOX_DOCKER_PORTS": "network", "SANDBOX_DOCKER_USER": "1000:1000",
            "SANDBOX_DOCKER_MEMORY_MB": "512", "SANDBOX_DOCKER_VCPUS": "1.5", "SANDBOX_DOCKER_PIDS": "100",
            "SANDBOX_DOCKER_CAPABILITIES": "none", "SANDBOX_DOCKER_RUNTIME": "runsc",
            "SANDBOX_DOCKER_VOLUMES": "cache:/cache:ro",
            "SANDBOX_DOCKER_REGISTRY": #"{"username": "u", "password": "p", "serveraddress": "https://r.example/v1/"}"#,
        ])
        #expect(all.endpoint.baseURL == "http://engine:2375")
        #expect(all.image == "a:1" && all.network == "n" && all.attachedNetworks == ["x", "y"])
        #expect(all.ports == .network && all.user == "1000:1000" && all.memoryMb == 512 && all.vcpus == 1.5)
        #expect(all.processes == 100 && all.capabilities.isEmpty && all.runtime == "runsc")
        #expect(all.volumes.map(\.name) == ["cache"] && all.volumes[0].isReadOnly)
        #expect(all.registry?.registry == "r.example")
    }

    @Test(
        arguments: [
            ("SANDBOX_DOCKER_PORTS", "everywhere"), ("SANDBOX_DOCKER_MEMORY_MB", "lots"),
            ("SANDBOX_DOCKER_VCPUS", "0"), ("SANDBOX_DOCKER_PIDS", "1"), ("SANDBOX_DOCKER_VOLUMES", "cache"),
            ("SANDBOX_DOCKER_REGISTRY", "hunter2-secret"),
        ]
    )
    func whatIsWrongIsNamedAndNotShown(_ name: String, _ value: String) {
        do {
            _ = try configuration([name: value])
            Issue.record("\(name) was taken.")
        } catch {
            #expect("\(error)".contains(name) && !"\(error)".contains("hunter2"))
        }
    }

    /// The engine hands it to whatever registry the image names.
    @Test func anAccountIsShownToItsOwnRegistryAlone() throws {
        let account = try RegistryAccount(
            Secret(#"{"username": "u", "password": "p", "serveraddress": "https://index.docker.io/v1/"}"#)
        )
        #expect(account.header(for: try #require(ImageName("debian:12"))) != nil)
        #expect(account.header(for: try #require(ImageName("docker.io/library/debian"))) != nil)
        #expect(account.header(for: try #require(ImageName("evil.example/debian"))) == nil)
        #expect(account.header(for: try #require(ImageName("localhost:5000/debian"))) == nil)
    }
}
