import BoxClient
import FleetTesting
import Model
import NIOCore
import ProviderKit
import Testing

@testable import DockerDriver

/// A connection may be half dead, and a container may stand still: only one of them is the end.
@Suite(.serialized, .enabled(if: DockerEngine.obstacle == nil, "\(DockerEngine.obstacle ?? "")"))
struct SilenceTests {
    private func with(_ body: (DockerFixture, Proxy) async throws -> Void) async throws {
        try await DockerFixture.withProxy(
            {
                $0.liveness = BoxLiveness(
                    quiet: .milliseconds(200),
                    renewal: .milliseconds(200),
                    patience: .milliseconds(500)
                )
            },
            body
        )
    }

    @Test func aConnectionThatIsHalfDeadIsLetGoOf() async throws {
        try await with { fixture, proxy in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            let command = BoxCommand.script("echo before; while [ ! -e go ]; do sleep 0.05; done; exit 3", isDurable: true)
            let process = try await box.start(command)
            guard case .stdout = try await process.next() else {
                Issue.record("There was no output.")
                return
            }
            try await proxy.stall()
            #expect(await failure { _ = try await box.stat("/") } == .transient)
            await box.waitUntilClosed()
            try await proxy.flow()
            let again = try await fixture.resume(box, tag, epoch: 2)
            #expect(!again.isFresh)
            _ = try await again.shell("touch go")
            #expect(try await again.attach(command.id, stdout: 7, stderr: 0).collect().exit.code == 3)
        }
    }

    @Test func aContainerThatIsPausedIsWaitedFor() async throws {
        try await with { fixture, proxy in
            let box = try await fixture.create()
            let id = try #require(box.envelope.boxId)
            try await fixture.engine.call("POST", "/containers/\(id)/pause")
            async let said = box.shell("echo still here")
            let looks = try await proxy.count("/containers/\(id)/json")
            // Far longer than silence would be believed in.
            try await eventually("it was looked at again and again") {
                try await proxy.count("/containers/\(id)/json") >= looks + 5
            }
            try await fixture.engine.call("POST", "/containers/\(id)/unpause")
            #expect(try await said == "still here")
        }
    }
}
