import Testing

@testable import DockerDriver

struct ImageNameTests {
    @Test(
        arguments: [
            ("debian", "debian", "latest", "docker.io"), ("debian:12", "debian", "12", "docker.io"),
            ("a/b:c", "a/b", "c", "docker.io"), ("r.example/a", "r.example/a", "latest", "r.example"),
            ("r.example:5000/a/b", "r.example:5000/a/b", "latest", "r.example:5000"),
            ("localhost/a:1", "localhost/a", "1", "localhost"), ("a:1@sha256:00", "a", "sha256:00", "docker.io"),
        ]
    )
    func namesAreTakenApart(_ text: String, _ repository: String, _ version: String, _ registry: String) throws {
        let name = try #require(ImageName(text))
        #expect(name.repository == repository && name.version == version && name.registry == registry)
    }

    @Test(arguments: ["", "a b", "a?x", "a:", "ä"])
    func othersAreNone(_ text: String) {
        #expect(ImageName(text) == nil)
    }
}
