import FleetTesting
import Model
import ProviderKit
import Testing

@testable import DockerDriver

/// What a box may, and may not.
@Suite(.serialized, .enabled(if: DockerEngine.obstacle == nil, "\(DockerEngine.obstacle ?? "")"))
struct HardeningTests {
    @Test func rootInABoxIsLittle() async throws {
        try await DockerFixture.with { fixture in
            let box = try await fixture.create()
            let status = try await box.shell("cat /proc/self/status")
            #expect(status.contains("NoNewPrivs:\t1"))
            // CHOWN, DAC_OVERRIDE, FOWNER, FSETID, KILL, SETGID, SETUID.
            #expect(status.contains("CapBnd:\t00000000000000fb"))
            #expect(status.contains("Seccomp:\t2"))
            #expect(try await box.shell("ls /sys/class/net | grep -c eth || true") == "0")
            // The sandbox's variables are nobody's to read at the engine.
            let id = try #require(box.envelope.boxId)
            let inspected = try await fixture.engine.call("GET", "/containers/\(id)/json")
            #expect(!inspected.contains("sesame"))
        }
    }

    @Test func limitsAreHeld() async throws {
        try await DockerFixture.with {
            $0.processes = 64
        } _: { fixture in
            let box = try await fixture.create(
                nil,
                SandboxSpec(resources: Resources(vcpus: 0.5, memoryMb: 64)),
                environment: ["PASSWORD": "sesame"]
            )
            let id = try #require(box.envelope.boxId)
            let inspected = try await fixture.engine.call("GET", "/containers/\(id)/json")
            #expect(inspected.contains("\"Memory\":67108864"))
            #expect(inspected.contains("\"MemorySwap\":67108864"))
            #expect(inspected.contains("\"NanoCpus\":500000000"))
            #expect(inspected.contains("\"PidsLimit\":64"))
            #expect(!inspected.contains("sesame"))
            let eater = try await box.run("dd if=/dev/zero of=/dev/null bs=200M count=1")
            #expect(eater.exit.code != 0)
            let forker = try await box.run("for i in $(seq 1 200); do sleep 5 & done; wait")
            #expect(forker.exit.code != 0)
            // Those that were started end by themselves.
            try await eventually("there is room again", within: .seconds(120)) {
                (try? await box.shell("echo alive")) == "alive"
            }
        }
    }

    @Test func anImagesUserOwnsTheWorkspace() async throws {
        try await DockerFixture.with {
            $0.user = "box"
        } _: { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            #expect(try await box.shell("id -u; touch f; stat -c %u:%g /workspace f") == "1000\n1000:1000\n1000:1000")
            let archive: ArchiveID = DockerFixture.newID()
            let saved = try await fixture.driver.capture(
                BoxCapture(archive: archive, envelope: box.envelope, sandbox: tag.sandbox, epoch: 1)
            )
            let copy = try await fixture.create(from: saved)
            #expect(try await copy.shell("id -u; touch g; ls") == "1000\nf\ng")
        }
        try await DockerFixture.with {
            $0.user = "nobody-knows"
        } _: { fixture in
            #expect(await failure { _ = try await fixture.create() } == .invalid)
        }
    }

    @Test func whatCannotBeHeldIsRefused() async throws {
        try await DockerFixture.with { fixture in
            // This engine has no bridge.
            #expect(fixture.driver.descriptor.networkPolicies == [.none])
            #expect(fixture.driver.descriptor.problems.isEmpty)
            let specs = [
                SandboxSpec(networkPolicy: .full), SandboxSpec(ports: [8080]),
                SandboxSpec(resources: Resources(diskMb: 100)),
            ]
            for spec in specs {
                #expect(await failure { _ = try await fixture.create(nil, spec) } == .unsupported)
            }
            #expect(
                await failure { _ = try await fixture.create(nil, SandboxSpec(resources: Resources(memoryMb: 1))) }
                    == .invalid
            )
            let listed = try await fixture.driver.list()
            #expect(listed.isEmpty)
        }
    }
}
