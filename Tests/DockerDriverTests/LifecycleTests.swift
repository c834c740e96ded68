import FleetTesting
import Model
import NIOCore
import ProviderKit
import Testing

@testable import DockerDriver

/// What a box is from its create to its end, on a real engine.
@Suite(.serialized, .enabled(if: DockerEngine.obstacle == nil, "\(DockerEngine.obstacle ?? "")"))
struct LifecycleTests {
    @Test func filesOutliveProcesses() async throws {
        try await DockerFixture.with { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag, environment: ["GREETING": "hello"])
            #expect(box.isFresh)
            #expect(try await box.shell("echo $GREETING; pwd; echo one > f; echo two > /tmp/g") == "hello\n/workspace")
            let again = try await fixture.resume(box, tag, epoch: 2)
            #expect(!again.isFresh)
            #expect(try await again.shell("cat f") == "one")

            try await fixture.driver.stop(again.envelope, epoch: 2)
            try await fixture.driver.stop(again.envelope, epoch: 2)
            await again.waitUntilClosed()
            #expect(try await fixture.driver.list().map(\.isRunning) == [false])

            let third = try await fixture.resume(box, tag, epoch: 3)
            #expect(third.isFresh)
            #expect(try await third.shell("cat f /tmp/g") == "one\ntwo")
            #expect(third.envelope.boxId == box.envelope.boxId)

            let volume = try await fixture.volume(of: third)
            try await fixture.driver.delete(third.envelope, epoch: 3)
            try await fixture.driver.delete(third.envelope, epoch: 3)
            let listed = try await fixture.driver.list()
            #expect(listed.isEmpty)
            #expect(await failure { _ = try await fixture.resume(box, tag, epoch: 4) } == .gone)
            // The box's own volume went with it.
            #expect(!(try await fixture.engine.call("GET", "/volumes").contains(volume)))
        }
    }

    @Test func creatingTwiceMakesOneBox() async throws {
        try await DockerFixture.with { fixture in
            let tag = fixture.newTag()
            let first = try await fixture.create(tag)
            _ = try await first.shell("touch mark")
            let second = try await fixture.create(tag)
            #expect(try await second.shell("ls") == "mark")
            #expect(second.envelope.boxId == first.envelope.boxId)
            #expect(!second.isFresh)

            var foreign = tag
            foreign.sandbox = DockerFixture.newID()
            #expect(await failure { _ = try await fixture.create(foreign) } == .conflict)

            // At the same moment, by several workers.
            let contested = fixture.newTag()
            let outcomes = await withTaskGroup(of: DriverError.Kind?.self) { group in
                for _ in 0..<4 { group.addTask { await failure { _ = try await fixture.create(contested) } } }
                return await group.reduce(into: []) { $0.append($1) }
            }
            #expect(outcomes == [nil, nil, nil, nil])
            let listed = try await fixture.driver.list()
            #expect(listed.count { $0.tag?.box == contested.box } == 1)
            #expect(listed.allSatisfy { $0.tag?.fleet == fixture.configuration.fleet && $0.isRunning })
        }
    }

    @Test func olderEpochsAreRefused() async throws {
        try await DockerFixture.with { fixture in
            let tag = fixture.newTag()
            let old = try await fixture.create(tag)
            let new = try await fixture.resume(old, tag, epoch: 5)
            #expect(await failure { _ = try await fixture.resume(old, tag, epoch: 4) } == .conflict)
            #expect(await failure { try await fixture.driver.stop(new.envelope, epoch: 4) } == .conflict)
            #expect(await failure { try await fixture.driver.delete(new.envelope, epoch: 4) } == .conflict)
            #expect(await failure { _ = try await old.shell("echo still here") } != nil)
            #expect(try await new.shell("echo mine") == "mine")
            // Stopped, the box still knows.
            try await fixture.driver.stop(new.envelope, epoch: 5)
            #expect(await failure { _ = try await fixture.resume(old, tag, epoch: 4) } == .conflict)
            #expect(await failure { try await fixture.driver.delete(new.envelope, epoch: 4) } == .conflict)
            var other = tag
            other.sandbox = DockerFixture.newID()
            #expect(await failure { _ = try await fixture.resume(old, other, epoch: 9) } == .conflict)
        }
    }

    @Test func onlyTheEnginesWordIsGone() async throws {
        try await DockerFixture.with { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            let missing = String(repeating: "0", count: 64)
            #expect(
                await failure {
                    _ = try await fixture.driver.resume(fixture.resumption(fixture.envelope(missing), tag, epoch: 1))
                } == .gone
            )
            #expect(await failure { try await fixture.driver.stop(fixture.envelope(missing), epoch: 1) } == .gone)
            var elsewhere = fixture.envelope(missing)
            elsewhere.sessionState.providerState["placement"] = "another-engine"
            #expect(
                await failure { _ = try await fixture.driver.resume(fixture.resumption(elsewhere, tag, epoch: 1)) }
                    == .placementOffline
            )
            #expect(await failure { try await fixture.driver.delete(elsewhere, epoch: 1) } == .placementOffline)

            // Somebody removes it behind our back.
            let id = try #require(box.envelope.boxId)
            try await fixture.engine.call("DELETE", "/containers/\(id)?force=true&v=true")
            await box.waitUntilClosed()
            #expect(await failure { _ = try await fixture.resume(box, tag, epoch: 2) } == .gone)
        }
    }

    @Test func aPausedOrKilledContainerIsBroughtBack() async throws {
        try await DockerFixture.with { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("echo kept > f")
            let id = try #require(box.envelope.boxId)
            try await fixture.engine.call("POST", "/containers/\(id)/pause")
            let continued = try await fixture.resume(box, tag, epoch: 2)
            #expect(!continued.isFresh)
            #expect(try await continued.shell("cat f") == "kept")

            try await fixture.engine.call("POST", "/containers/\(id)/pause")
            try await fixture.driver.stop(continued.envelope, epoch: 2)
            let again = try await fixture.resume(box, tag, epoch: 3)
            #expect(again.isFresh)

            try await fixture.engine.call("POST", "/containers/\(id)/kill")
            await again.waitUntilClosed()
            let last = try await fixture.resume(box, tag, epoch: 4)
            #expect(last.isFresh)
            #expect(try await last.shell("cat f") == "kept")
        }
    }

    /// A create that was cut off anywhere is finished by the next one.
    @Test func aHalfMadeContainerIsFinished() async throws {
        try await DockerFixture.with { fixture in
            let tag = fixture.newTag()
            let keeper = fixture.driver.containers
            let creation = BoxCreation(tag: tag, spec: SandboxSpec(), environment: [:])
            let image = try await keeper.images.obtain(nil)
            let request = try ContainerRequest(
                creation,
                fixture.configuration,
                image: image.id,
                program: keeper.provisioning.path
            )
            let id = try await fixture.driver.engine.make(request, named: ContainerKeeper.name(of: tag.box))
            // Half of the executable has arrived.
            var tar = TarFile()
            tar.add(
                file: String(keeper.provisioning.path.dropFirst()),
                mode: 0o755,
                owner: .root,
                content: ByteBuffer(string: "half")
            )
            tar.finish()
            try await fixture.driver.engine.put(tar.bytes, into: id)
            let box = try await fixture.create(tag)
            #expect(box.envelope.boxId == id)
            #expect(try await box.shell("echo ok") == "ok")
        }
    }

    @Test func labelsNameFleetSandboxBoxAndEpoch() async throws {
        try await DockerFixture.with { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            #expect(
                try await fixture.driver.list()
                    == [BoxListing(externalID: box.envelope.boxId ?? "", tag: tag, isRunning: true)]
            )
            try await DockerFixture.with { other in
                let others = try await other.driver.list()
                #expect(others.isEmpty)
            }
        }
    }
}
