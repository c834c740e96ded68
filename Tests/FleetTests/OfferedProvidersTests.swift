import Testing

@testable import Fleet

struct OfferedProvidersTests {
    @Test func aProviderIsOfferedWhenItsVariableIsSet() {
        #expect(OfferedProviders.list([:]) == "local,selfhosted")
        #expect(OfferedProviders.list(["DOCKER_HOST": ""]) == "local,selfhosted")
        #expect(OfferedProviders.list(["DOCKER_HOST": "unix:///run/docker.sock"]) == "local,selfhosted,docker")
        #expect(OfferedProviders.list(["DOCKER_HOST_FILE": "/run/host"]) == "local,selfhosted,docker")
    }
}
