import FleetTesting
import Foundation
import Logging
import Model
import NIOCore
import ProviderKit
import Testing

@testable import DockerDriver

/// What goes wrong on the way to an engine, and in it.
@Suite(.serialized, .enabled(if: DockerEngine.obstacle == nil, "\(DockerEngine.obstacle ?? "")"))
struct FaultTests {
    @Test func lostAnswersMakeNoSecondBox() async throws {
        try await DockerFixture.withProxy { fixture, proxy in
            for match in ["POST /v1.41/containers/create", "/start HTTP", "PUT "] {
                let tag = fixture.newTag()
                try await proxy.lose(match)
                let box: any Box
                do {
                    box = try await fixture.create(tag)
                } catch {
                    // Not known whether it was done: whoever asks again gets the one box.
                    #expect((error as? DriverError)?.kind == .timeout, "\(error)")
                    box = try await fixture.create(tag)
                }
                #expect(try await box.shell("echo here") == "here")
                #expect(try await fixture.driver.list().count { $0.tag?.box == tag.box } == 1)
            }
            #expect(try await proxy.count("POST /v1.41/containers/create") == 4)
        }
    }

    @Test func lostAnswersOfTheEndAreNoFailures() async throws {
        try await DockerFixture.withProxy { fixture, proxy in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            _ = try await box.shell("echo saved > f")
            try await proxy.lose("POST /v1.41/commit")
            let archive: ArchiveID = DockerFixture.newID()
            let saved = try await fixture.driver.capture(
                BoxCapture(archive: archive, envelope: box.envelope, sandbox: tag.sandbox, epoch: 1)
            )
            #expect(try await fixture.driver.archives() == [archive])
            let copy = try await fixture.create(from: saved)
            #expect(try await copy.shell("cat f") == "saved")
            try await proxy.lose("/stop?")
            try await fixture.driver.stop(box.envelope, epoch: 1)
            try await proxy.lose("DELETE /v1.41/containers")
            try await fixture.driver.delete(box.envelope, epoch: 1)
            #expect(await failure { _ = try await fixture.resume(box, tag, epoch: 2) } == .gone)
        }
    }

    @Test func anImageThatCannotBeHadIsRefused() async throws {
        try await DockerFixture.with { fixture in
            // Nobody listens there: it may be there another time.
            let spec = SandboxSpec(image: "127.0.0.1:9/nobody/nothing:1")
            #expect(await failure { _ = try await fixture.create(nil, spec) } == .transient)
            for name in ["", "bad name", "UPPER CASE?", "x:"] {
                #expect(await failure { _ = try await fixture.create(nil, SandboxSpec(image: name)) } == .invalid)
            }
            let listed = try await fixture.driver.list()
            #expect(listed.isEmpty)
        }
    }

    @Test func aRegistrysNoIsFinal() async throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "registry.py").path
        try await withServer("/usr/bin/env", ["python3", script]) { port in
            try await DockerFixture.with { fixture in
                let spec = SandboxSpec(image: "127.0.0.1:\(port)/nothing/here:1")
                #expect(await failure { _ = try await fixture.create(nil, spec) } == .invalid)
            }
        }
    }

    @Test func anEngineThatIsAwayIsWaitedFor() async throws {
        try await withDockerEngine { engine in
            try await DockerFixture.with(engine) { fixture in
                let tag = fixture.newTag()
                let box = try await fixture.create(tag)
                _ = try await box.shell("echo kept > f")
                let placement = fixture.driver.binding.placement
                try await engine.restart()
                await box.waitUntilClosed()
                let again = try await fixture.resume(box, tag, epoch: 2)
                // The engine's end is that of its containers' processes; their files stay.
                #expect(again.isFresh)
                #expect(try await again.shell("cat f") == "kept")
                let later = try await DockerDriver.start(fixture.configuration, logger: Logger(label: "later"))
                #expect(later.binding.placement == placement)
                await later.shutdown()
            }
        }
    }

    @Test func anotherEngineProvesNothing() async throws {
        try await withDockerEngine { engine in
            let shared = try await SharedDockerEngine.instance.running()
            try await DockerFixture.with(shared) { fixture in
                let tag = fixture.newTag()
                let box = try await fixture.create(tag)
                try await DockerFixture.with(engine) { other in
                    #expect(other.driver.binding.placement != fixture.driver.binding.placement)
                    #expect(await failure { _ = try await other.resume(box, tag, epoch: 2) } == .placementOffline)
                    #expect(await failure { try await other.driver.delete(box.envelope, epoch: 2) } == .placementOffline)
                }
                #expect(try await box.shell("echo still") == "still")
            }
        }
    }

    /// Under the very address of the engine that made a box, another one answers.
    @Test func anEngineThatTookTheAddressProvesNothing() async throws {
        try await withDockerEngine { engine in
            try await DockerFixture.withProxy { fixture, proxy in
                let tag = fixture.newTag()
                let box = try await fixture.create(tag)
                try await proxy.turn(to: engine.socket)
                #expect(await failure { _ = try await fixture.resume(box, tag, epoch: 2) } == .placementOffline)
                #expect(await failure { try await fixture.driver.stop(box.envelope, epoch: 2) } == .placementOffline)
                #expect(await failure { try await fixture.driver.delete(box.envelope, epoch: 2) } == .placementOffline)
                try await proxy.turn(to: fixture.engine.socket)
                #expect(try await fixture.resume(box, tag, epoch: 2).shell("echo there") == "there")
            }
        }
    }
}
