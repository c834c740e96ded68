import FleetTesting
import Model
import ProviderKit
import Testing

@testable import DockerDriver

/// What the engine is asked for: each call is a round trip.
@Suite(.serialized, .enabled(if: DockerEngine.obstacle == nil, "\(DockerEngine.obstacle ?? "")"))
struct CallTests {
    @Test func aCreateAndACommandMakeNoNeedlessCalls() async throws {
        try await DockerFixture.withProxy { fixture, proxy in
            // Those that meet the engine.
            let before = try await proxy.calls().count
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            let image = fixture.configuration.image
            let container = "containers/*"
            #expect(
                try await proxy.calls().dropFirst(before) == [
                    "GET /images/\(image.replacing(":", with: "%3A"))/json", "POST /containers/create", "PUT /\(container)/archive",
                    "POST /\(container)/start", "POST /\(container)/exec", "POST /exec/*/start",
                ]
            )
            let made = try await proxy.calls().count
            for _ in 0..<3 { #expect(try await box.shell("echo here") == "here") }
            #expect(try await proxy.calls().count == made)
            await box.detach()
            _ = try await fixture.resume(box, tag, epoch: 2)
            #expect(
                try await proxy.calls().dropFirst(made) == [
                    // The daemon's fence is looked at, and whether its executable is whole.
                    "GET /\(container)/json", "GET /\(container)/archive", "GET /\(container)/json",
                    "HEAD /\(container)/archive", "POST /\(container)/exec", "POST /exec/*/start",
                ]
            )
        }
    }
}
