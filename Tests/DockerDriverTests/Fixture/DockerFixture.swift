import FleetTesting
import Logging
import Model
import NIOCore
import ProviderKit
import Testing

@testable import DockerDriver

/// A driver of a fleet of its own, on an engine that others may use as well.
struct DockerFixture {
    let engine: DockerEngine
    let configuration: DockerConfiguration
    let driver: DockerDriver

    /// - Parameter engine: Nil is the one that all tests share.
    static func with(
        _ engine: DockerEngine? = nil,
        _ change: (inout DockerConfiguration) -> Void = { _ in },
        _ body: (DockerFixture) async throws -> Void
    ) async throws {
        let host: DockerEngine
        if let engine { host = engine } else { host = try await SharedDockerEngine.instance.running() }
        var configuration = try DockerFixture.configuration(host)
        change(&configuration)
        let driver = try await DockerDriver.start(configuration, logger: Logger(label: "test"))
        let fixture = DockerFixture(engine: host, configuration: configuration, driver: driver)
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await body(fixture))
        } catch {
            outcome = .failure(error)
        }
        await fixture.cleanUp()
        try outcome.get()
    }

    static func configuration(_ engine: DockerEngine) throws -> DockerConfiguration {
        var configuration = DockerConfiguration(
            endpoint: DockerEndpoint(.socket(engine.socket)),
            fleet: newID(),
            daemonPath: try Products.path("boxd")
        )
        configuration.image = DockerEngine.image
        return configuration
    }

    private func cleanUp() async {
        for listing in (try? await driver.list()) ?? [] {
            try? await driver.delete(envelope(listing.externalID), epoch: .max)
        }
        for archive in (try? await driver.archives()) ?? [] { try? await driver.discard(archive) }
        await driver.shutdown()
    }

    static func newID<Kind>() -> Identifier<Kind> {
        var generator = SystemRandomNumberGenerator()
        return Identifier(at: 1_000, using: &generator)
    }

    func envelope(_ container: String) -> Envelope {
        driver.binding.envelope(provider: "docker", box: container)
    }

    /// The engine's name of a box's own volume.
    func volume(of box: any Box) async throws -> String {
        let id = try #require(box.envelope.boxId)
        let text = try await engine.call("GET", "/containers/\(id)/json")
        let mounts = try #require(text.firstRange(of: "\"Mounts\":[{\"Type\":\"volume\",\"Name\":\""))
        return String(text[mounts.upperBound...].prefix { $0 != "\"" })
    }

    func newTag() -> BoxTag {
        BoxTag(fleet: configuration.fleet, sandbox: Self.newID(), box: Self.newID(), epoch: 1)
    }

    func create(
        _ tag: BoxTag? = nil,
        _ spec: SandboxSpec = SandboxSpec(),
        environment: [String: String] = [:],
        from source: ArchiveReference? = nil
    ) async throws -> any Box {
        try await driver.create(
            BoxCreation(tag: tag ?? newTag(), spec: spec, environment: environment, source: source)
        )
    }

    func resume(_ box: any Box, _ tag: BoxTag, epoch: UInt64) async throws -> any Box {
        try await driver.resume(resumption(box.envelope, tag, epoch: epoch))
    }

    func resumption(_ envelope: Envelope, _ tag: BoxTag, epoch: UInt64) -> BoxResumption {
        BoxResumption(envelope: envelope, sandbox: tag.sandbox, epoch: epoch, spec: SandboxSpec(), environment: [:])
    }
}

/// The kind of error that a call fails with; nil when it succeeds.
func failure(_ body: () async throws -> Void) async -> DriverError.Kind? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? DriverError)?.kind
    }
}
