import FleetTesting
import Model
import NIOCore
import ProviderKit
import Testing

@testable import DockerDriver

/// Volumes that outlive boxes, and the folders that a box begins with.
@Suite(.serialized, .enabled(if: DockerEngine.obstacle == nil, "\(DockerEngine.obstacle ?? "")"))
struct VolumeTests {
    private func create(
        _ fixture: DockerFixture,
        in workspace: WorkspaceID,
        _ volumes: String,
        from source: ArchiveReference? = nil
    ) async throws -> any Box {
        try await fixture.driver.create(
            BoxCreation(
                tag: fixture.newTag(),
                spec: SandboxSpec(params: ["volumes": volumes]),
                workspace: workspace,
                environment: [:],
                source: source
            )
        )
    }

    private func removeVolumes(of fixture: DockerFixture) async throws {
        let text = try await fixture.engine.call("GET", "/volumes")
        for piece in text.split(separator: "\"") where piece.hasPrefix("sandfleet-\(fixture.configuration.fleet)-") {
            try await fixture.engine.call("DELETE", "/volumes/\(piece)")
        }
    }

    @Test func aVolumeOutlivesItsBoxAndIsItsWorkspacesOwn() async throws {
        try await DockerFixture.with { fixture in
            let (one, other): (WorkspaceID, WorkspaceID) = (DockerFixture.newID(), DockerFixture.newID())
            let first = try await create(fixture, in: one, "cache:/cache")
            _ = try await first.shell("echo kept > /cache/f")
            try await fixture.driver.delete(first.envelope, epoch: 1)
            let second = try await create(fixture, in: one, "cache:/elsewhere:ro")
            #expect(try await second.shell("cat /elsewhere/f") == "kept")
            #expect(try await second.run("touch /elsewhere/g").exit.code != 0)
            // The same name is another volume to others.
            let third = try await create(fixture, in: other, "cache:/cache")
            #expect(try await third.shell("ls /cache") == "")
            for box in [second, third] { try await fixture.driver.delete(box.envelope, epoch: 1) }
            try await removeVolumes(of: fixture)
        }
    }

    @Test func aNewVolumeBelongsToTheBoxesUserAndAnOldOneIsLeftAlone() async throws {
        try await DockerFixture.with {
            $0.user = "1234:1234"
        } _: { fixture in
            let workspace: WorkspaceID = DockerFixture.newID()
            let first = try await create(fixture, in: workspace, "data:/data")
            #expect(try await first.shell("stat -c %u:%g /data; touch /data/f; chmod 700 /data") == "1234:1234")
            let second = try await create(fixture, in: workspace, "data:/data")
            #expect(try await second.shell("stat -c %a /data; ls /data") == "700\nf")
            for box in [first, second] { try await fixture.driver.delete(box.envelope, epoch: 1) }
            try await removeVolumes(of: fixture)
        }
    }

    /// The box that a volume was made with never came to anything.
    @Test func aVolumeWhoseFirstBoxFailedIsHandedOverToTheNext() async throws {
        try await DockerFixture.with {
            $0.user = "1234:1234"
        } _: { fixture in
            let workspace: WorkspaceID = DockerFixture.newID()
            let keeper = fixture.driver.containers
            let creation = BoxCreation(
                tag: fixture.newTag(),
                spec: SandboxSpec(params: ["volumes": "data:/data"]),
                workspace: workspace,
                environment: [:]
            )
            let request = try ContainerRequest(
                creation,
                fixture.configuration,
                image: try await keeper.images.obtain(nil).id,
                program: keeper.provisioning.path,
                volumes: try BoxVolume.all(of: creation, fixture.configuration)
            )
            let name = ContainerKeeper.name(of: creation.tag.box)
            let failed = try await fixture.driver.engine.make(request, named: name)
            try await fixture.driver.delete(fixture.envelope(failed), epoch: 1)
            let box = try await create(fixture, in: workspace, "data:/data")
            #expect(try await box.shell("stat -c %u:%g /data; touch /data/f && ls /data") == "1234:1234\nf")
            try await fixture.driver.delete(box.envelope, epoch: 1)
            try await removeVolumes(of: fixture)
        }
    }

    @Test func volumesOfEveryBoxAreTheOperators() async throws {
        let common = try DockerVolume.parse("shared-\(DockerFixture.newID() as BoxID):/shared", "it")
        try await DockerFixture.with {
            $0.volumes = common
        } _: { fixture in
            let box = try await fixture.create()
            _ = try await box.shell("echo all > /shared/f")
            let next = try await fixture.create()
            #expect(try await next.shell("cat /shared/f") == "all")
            #expect(
                await failure { _ = try await create(fixture, in: DockerFixture.newID(), "own:/shared") } == .invalid
            )
            for box in [box, next] { try await fixture.driver.delete(box.envelope, epoch: 1) }
            try await fixture.engine.call("DELETE", "/volumes/\(common[0].name)")
        }
    }

    @Test func whatIsWrongIsRefusedBeforeAnythingIsMade() async throws {
        try await DockerFixture.with { fixture in
            let workspace: WorkspaceID = DockerFixture.newID()
            #expect(await failure { _ = try await create(fixture, in: workspace, "data:/workspace") } == .invalid)
            #expect(
                await failure { _ = try await fixture.create(nil, SandboxSpec(params: ["volume": "a:/a"])) } == .unsupported
            )
            let listed = try await fixture.driver.list()
            #expect(listed.isEmpty)
        }
    }

    /// A later version of the daemon comes into boxes that are there.
    @Test func aWorkspaceIsItsUsersOnceTheBoxIsMade() async throws {
        try await DockerFixture.with { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            #expect(try await box.shell("stat -c %a /workspace") == "755")
            _ = try await box.shell("chown 4321:4321 /workspace; chmod 2770 /workspace")
            try await fixture.driver.stop(box.envelope, epoch: 1)
            // As if it had another version of the executable, or none.
            let program = fixture.driver.containers.provisioning.path
            let id = try #require(box.envelope.boxId)
            var tar = TarFile()
            tar.add(file: String(program.dropFirst()), mode: 0o755, owner: .root, content: .init(string: "old"))
            tar.finish()
            try await fixture.driver.engine.put(tar.bytes, into: id)
            let again = try await fixture.resume(box, tag, epoch: 2)
            #expect(try await again.shell("stat -c '%u:%g %a' /workspace") == "4321:4321 2770")
        }
    }

    @Test func aSavedWorkspaceComesBackAsItWas() async throws {
        try await DockerFixture.with { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("chown 4321:4321 /workspace; chmod 2770 /workspace")
            let reference = try await fixture.driver.capture(
                BoxCapture(archive: DockerFixture.newID(), envelope: box.envelope, sandbox: tag.sandbox, epoch: 1)
            )
            let copy = try await fixture.create(from: reference)
            #expect(try await copy.shell("stat -c '%u:%g %a' /workspace") == "4321:4321 2770")
        }
    }
}
