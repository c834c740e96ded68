import FleetTesting
import Model
import ProviderKit
import Testing

@testable import VercelDriver

@Suite struct ParameterTests {
    @Test func whatASandboxAsksForWins() async throws {
        let environment = ["SANDBOX_VERCEL_PROFILE": "ephemeral", "SANDBOX_VERCEL_TIMEOUT_MS": "90000"]
        try await VercelFixture.with(environment: environment) { fixture in
            let params = [
                "profile": "coding-agent", "runtime": "python3.13", "timeoutMs": "60000",
                "snapshotExpirationMs": "172800000",
            ]
            let creation = fixture.creation(SandboxSpec(params: params))
            _ = try await fixture.driver.create(creation)
            let shown = try await fixture.shown(creation.tag.box.rawValue).sandbox
            #expect(shown.vcpus == 2)
            #expect(shown.persistent)
            #expect(shown.image == "python3.13")
            #expect(shown.timeout == 60_000)
            #expect(shown.snapshotExpiration == 172_800_000)
        }
    }

    @Test func theRestIsAsTheProfileHasIt() async throws {
        try await VercelFixture.with { fixture in
            let params = ["profile": "coding-agent", "persistent": "false"]
            let creation = fixture.creation(SandboxSpec(params: params))
            _ = try await fixture.driver.create(creation)
            let shown = try await fixture.shown(creation.tag.box.rawValue).sandbox
            #expect(!shown.persistent)
            #expect(shown.timeout == 1_200_000)
            #expect(shown.snapshotExpiration == 604_800_000)
        }
    }

    @Test(arguments: [
        ["profile": "huge"], ["runtime": ""], ["timeoutMs": "1"], ["timeoutMs": "5m"], ["persistent": "perhaps"],
        ["snapshotExpirationMs": "5"], ["snapshotExpirationMs": "-1"],
    ])
    func whatIsWrongIsNamedBeforeAnythingIsCalled(params: [String: String]) async throws {
        try await VercelFixture.with { fixture in
            let creation = fixture.creation(SandboxSpec(params: params))
            let error = await #expect(throws: DriverError.self) { try await fixture.driver.create(creation) }
            #expect(error?.kind == .invalid)
            #expect(error?.message.contains("params.\(params.keys.first ?? "?")") == true)
            let requests = try await fixture.emulator.requests()
            #expect(requests.isEmpty)
        }
    }

    @Test func anImageAndARuntimeAreOneTooMany() throws {
        let spec = SandboxSpec(image: "node24", params: ["runtime": "python3.13"])
        #expect(throws: DriverError.self) { try VercelParameters(spec) }
    }

    @Test func anUnknownNameIsRefused() async throws {
        try await VercelFixture.with { fixture in
            let creation = fixture.creation(SandboxSpec(params: ["vcpu": "2"]))
            let error = await #expect(throws: DriverError.self) { try await fixture.driver.create(creation) }
            #expect(error?.kind == .unsupported)
            #expect(fixture.driver.descriptor.params == VercelParameters.names)
        }
    }
}
