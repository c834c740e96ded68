import BoxSession
import Foundation
import Glibc
import NIOCore
import ProviderKit
import Testing

@Suite struct RelayTests {
    @Test(arguments: [false, true]) func aBoxIsReachedThroughItsRelay(isText: Bool) async throws {
        try await RelayFixture.with { fixture in
            let box = try await fixture.connect(try fixture.relay(isText: isText), isText: isText, environment: ["A": "b"])
            #expect(box.isFresh)
            let result = try await box.run("echo \"$A\" $PWD; echo no >&2; exit 7")
            #expect(result.output == ByteBuffer(string: "b \(fixture.workspace)\n"))
            #expect(result.error == ByteBuffer(string: "no\n"))
            #expect(result.exit.code == 7)
            #expect(try await box.run("kill -9 $$").exit.signal == 9)

            let contents = randomBytes(5_000_003)
            let writer = try await box.write("deep/file", mode: 0o640)
            var rest = contents
            while let slice = rest.readSlice(length: min(700_001, rest.readableBytes)), slice.readableBytes > 0 {
                try await writer.write(slice)
            }
            let info = try await writer.commit()
            #expect(info.size == 5_000_003 && info.mode == 0o640)
            #expect(try await box.contents("deep/file") == contents)
            #expect(try await box.run("cat deep/file").output == contents)
            #expect(try await box.list("deep", after: nil, limit: 10).entries.map(\.name) == ["file"])
            await #expect(throws: DriverError.self) { _ = try await box.read("deep/none") }
            await box.detach()
        }
    }

    @Test func anEmptyFileAndADiscardedOne() async throws {
        try await RelayFixture.with { fixture in
            let box = try await fixture.connect(try fixture.relay())
            _ = try await box.write("empty", mode: nil).commit()
            #expect(try await box.contents("empty") == ByteBuffer())
            let writer = try await box.write("never", mode: nil)
            try await writer.write(ByteBuffer(string: "half"))
            await writer.discard()
            #expect(try await box.run("ls -A").output == ByteBuffer(string: "empty\n"))
            await box.detach()
        }
    }

    @Test func aDurableProcessOutlivesItsRelay() async throws {
        try await RelayFixture.with { fixture in
            let relay = try fixture.relay()
            let first = try await fixture.connect(relay)
            let script = "echo before; mkfifo gate; read line < gate; echo $line; exit 3"
            let process = try await first.start(.script(script, id: "durable", isDurable: true))
            guard case .stdout(let bytes, _)? = try await process.next() else {
                Issue.record("no output")
                return
            }
            #expect(bytes == ByteBuffer(string: "before\n"))
            kill(relay.process, SIGKILL)
            await first.waitUntilClosed()

            let second = try await fixture.connect(try fixture.relay(), epoch: 2)
            #expect(!second.isFresh)
            #expect(try await second.processes().map(\.id) == ["durable"])
            let again = try await second.attach("durable", stdout: 0, stderr: 0)
            #expect(try await second.run("echo after > gate").exit.code == 0)
            let result = try await again.result()
            #expect(result.output == ByteBuffer(string: "before\nafter\n"))
            #expect(result.exit.code == 3)
            await #expect(throws: DriverError.self) { try await fixture.connect(try fixture.relay(), epoch: 1) }
        }
    }

    @Test func manyRelaysStartOneDaemon() async throws {
        try await RelayFixture.with { fixture in
            let boxes = try await withThrowingTaskGroup(of: DaemonBox.self) { group in
                for _ in 0..<12 {
                    group.addTask { try await fixture.connect(try fixture.relay()) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(boxes.count { $0.isFresh } == 1)
            _ = try await boxes[0].write("one", mode: nil).commit()
            for box in boxes {
                #expect(try await box.stat("one").size == 0)
                await box.detach()
            }
        }
    }

    @Test func whatIsNoRelayIsTold() async throws {
        try await RelayFixture.with { fixture in
            let other = try ProcessChannel(["/bin/echo", "sh: boxd: not found"])
            await #expect {
                _ = try await fixture.connect(other)
            } throws: { error in
                let error = error as? DriverError
                return error?.kind == .transient && error?.message.contains("boxd: not found") == true
            }
        }
    }

    @Test func aKilledDaemonIsStartedAgain() async throws {
        try await RelayFixture.with { fixture in
            let first = try await fixture.connect(try fixture.relay())
            // The answer is lost with the daemon.
            _ = try? await first.run("kill -9 $PPID")
            await first.waitUntilClosed()
            let second = try await fixture.connect(try fixture.relay(), epoch: 2)
            #expect(second.isFresh)
            #expect(try await second.run("true").exit.code == 0)
            // The fence outlives the daemon.
            await #expect(throws: DriverError.self) { try await fixture.connect(try fixture.relay(), epoch: 1) }
        }
    }
}
