import ProviderKit
import Testing

@testable import DockerDriver

struct EndpointTests {
    private func endpoint(_ host: String?, tls: Bool = false, folder: String? = nil) throws -> DockerEndpoint {
        try DockerEndpoint(host: host, verifiesTLS: tls, certificatePath: folder)
    }

    @Test func hostsAreReadAsDockerReadsThem() throws {
        #expect(try endpoint(nil).socketPath == "/var/run/docker.sock")
        #expect(try endpoint("unix:///run/d.sock").socketPath == "/run/d.sock")
        #expect(try endpoint("tcp://engine").baseURL == "http://engine:2375")
        #expect(try endpoint("tcp://engine:1/").baseURL == "http://engine:1")
        #expect(try endpoint("tcp://[::1]").baseURL == "http://[::1]:2375")
        let secure = try endpoint("tcp://engine", tls: true, folder: "/certs")
        #expect(secure.baseURL == "https://engine:2376")
        #expect(secure.certificates?.authority == "/certs/ca.pem")
        #expect(secure.certificates?.key == "/certs/key.pem")
    }

    @Test(arguments: ["ssh://host", "engine:2375", "unix://relative", "tcp://", "tcp://user:secret@host", "npipe://x"])
    func whatCannotBeUsedIsRefused(_ host: String) {
        #expect(throws: DriverError.self) { try endpoint(host) }
    }

    @Test func tlsNeedsItsCertificates() async {
        #expect(await failure { _ = try endpoint("tcp://engine", tls: true) } == .invalid)
    }
}
