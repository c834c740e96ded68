import DriverTesting
import FleetTesting
import Model
import ProviderHTTP
import ProviderKit
import Testing

@testable import DaytonaDriver

/// What one sandbox asks for beside what the fleet has set.
@Suite struct ParamsTests {
    /// A sandbox as the provider tells of it.
    private struct Shown: Sendable, Decodable {
        let snapshot: String
        let user: String
        let `public`: Bool
        let autoStopInterval: Int
        let autoArchiveInterval: Int
        let labels: [String: String]
    }

    @Test func whatIsAskedForReachesTheProvider() async throws {
        var boxes = DaytonaBoxSettings(language: "python", labels: ["team": "blue", "tier": "one"], autoStopMinutes: 30)
        boxes.mounts = [.init(volume: "fleets", path: "/data"), .init(volume: "kept", path: "/kept")]
        try await DaytonaFixture.with([], boxes) { fixture in
            var spec = SandboxSpec(networkPolicy: .full)
            spec.params = [
                "autoArchiveMinutes": "60", "autoStopMinutes": "5", "labels": "tier=two,owner=me", "language": "typescript",
                "public": "true", "snapshot": "daytona-medium", "user": "root", "volumes": "mine:/data:sub",
            ]
            try fixture.driver.descriptor.refuseUnsupported(in: spec)
            let creation = fixture.creation(spec: spec)
            _ = try await fixture.driver.create(creation)
            let name = "sf-\(fixture.fleet)-\(creation.tag.box)"
            let shown: Shown = try await fixture.driver.accounts.fleets.api.client.json(
                ProviderCall("get sandbox", "GET", "/sandbox/\(name)", repeatability: .safe)
            )
            #expect(shown.snapshot == "daytona-medium" && shown.user == "root" && shown.public)
            #expect(shown.autoStopInterval == 5 && shown.autoArchiveInterval == 60)
            #expect(shown.labels["tier"] == "two" && shown.labels["team"] == "blue" && shown.labels["owner"] == "me")
            #expect(shown.labels["code-toolbox-language"] == "typescript")
            #expect(shown.labels["sandfleet-box"] == creation.tag.box.rawValue)
            let mounts = try fixture.driver.accounts.fleets.settings.boxes.with(spec.params).mounts
            #expect(mounts == [.init(volume: "kept", path: "/kept"), .init(volume: "mine", path: "/data", subpath: "sub")])
            #expect(try await fixture.driver.accounts.fleets.api.volume(named: "mine")?.state == "ready")
            #expect(try await fixture.driver.accounts.fleets.api.volume(named: "fleets") == nil)
        }
    }

    @Test(arguments: [
        ("autoStopMinutes", "-1"), ("autoArchiveMinutes", "soon"), ("labels", "=x"), ("labels", "sandfleet-epoch=9"),
        ("language", "cobol"), ("public", "maybe"), ("snapshot", "sf-somebodys"), ("user", ""), ("volumes", "nowhere"),
        ("volumes", "a:relative"), ("unknown", "x"), ("user", "a\nb"),
    ])
    func whatCannotBeReadIsRefusedByItsName(_ name: String, _ value: String) {
        let error = #expect(throws: DriverError.self) { try DaytonaBoxSettings().with([name: value]) }
        #expect(error?.kind == .invalid)
        #expect(error?.message.contains("'\(name)'") == true)
    }

    @Test func anImageAndASnapshotAreRefused() async throws {
        try await DaytonaFixture.with { fixture in
            var spec = SandboxSpec(image: "debian:12")
            spec.params = ["snapshot": "daytona-medium"]
            try await expect(.invalid) { _ = try await fixture.driver.create(fixture.creation(spec: spec)) }
            #expect(try await fixture.sandboxes().isEmpty)
        }
    }

    @Test func everyNameThatTheDescriptorListsIsRead() throws {
        let values = [
            "autoArchiveMinutes": "1", "autoStopMinutes": "1", "labels": "a=b", "language": "python", "public": "true",
            "snapshot": "s", "user": "u", "volumes": "v:/v",
        ]
        #expect(values.keys.sorted() == DaytonaBoxSettings.params)
        for (name, value) in values {
            #expect(try DaytonaBoxSettings().with([name: value]) != DaytonaBoxSettings(), "\(name)")
        }
    }
}
