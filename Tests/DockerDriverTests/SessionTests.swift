import FleetTesting
import Logging
import Model
import NIOCore
import ProviderKit
import Testing

@testable import DockerDriver

/// What runs in a container, through the relay.
@Suite(.serialized, .enabled(if: DockerEngine.obstacle == nil, "\(DockerEngine.obstacle ?? "")"))
struct SessionTests {
    private static let size = 50_000_000

    /// As a busybox box makes it, and as we expect it: 50 MB of the numbers from 1 on, one a line.
    private static func numbers() -> ByteBuffer {
        var expected = ByteBufferAllocator().buffer(capacity: size + 16)
        var number = 1
        while expected.readableBytes < size {
            expected.writeString("\(number)\n")
            number += 1
        }
        expected.moveWriterIndex(to: size)
        return expected
    }

    @Test func fiftyMegabytesComeByteForByte() async throws {
        try await DockerFixture.with { fixture in
            let box = try await fixture.create()
            let expected = Self.numbers()
            let result = try await box.run("seq 1 100000000 | head -c \(Self.size)", isDurable: true)
            #expect(result.exit.code == 0)
            #expect(result.stdout == expected)
            // The other way round, through a program and through a file.
            let counted = try await box.run("sha256sum; echo done >&2; exit 7", input: expected)
            #expect(counted.exit.code == 7)
            #expect(String(buffer: counted.stderr) == "done\n")
            let writer = try await box.write("big", mode: 0o640)
            var rest = expected
            while let piece = rest.readSlice(length: min(1 << 20, rest.readableBytes)), piece.readableBytes > 0 {
                try await writer.write(piece)
            }
            let info = try await writer.commit()
            #expect(info.size == UInt64(Self.size))
            #expect(info.mode & 0o777 == 0o640)
            let digest = String(buffer: counted.stdout).prefix(64)
            #expect(try await box.shell("sha256sum big").hasPrefix(digest))
            #expect(try await box.contents("big") == expected)
        }
    }

    @Test func whatRunsOutlivesItsWorker() async throws {
        try await DockerFixture.with { fixture in
            let tag = fixture.newTag()
            let box = try await fixture.create(tag)
            let id = BoxCommand.newProcessID()
            let process = try await box.start(
                .script("echo before; while [ ! -e go ]; do sleep 0.05; done; echo after; exit 3", id: id, isDurable: true)
            )
            guard case .stdout(let first, 0) = try await process.next() else {
                Issue.record("There was no output.")
                return
            }
            #expect(String(buffer: first) == "before\n")
            // As with a killed worker: nobody says goodbye, the connection is gone.
            await box.detach()
            let next = try await DockerDriver.start(fixture.configuration, logger: .init(label: "next"))
            let again = try await next.resume(fixture.resumption(box.envelope, tag, epoch: 2))
            #expect(!again.isFresh)
            #expect(try await again.processes().map(\.id) == [id])
            let attached = try await again.attach(id, stdout: 7, stderr: 0)
            _ = try await again.shell("touch go")
            let result = try await attached.collect()
            #expect(String(buffer: result.stdout) == "after\n")
            #expect(result.exit.code == 3)
            await next.shutdown()
        }
    }

    @Test func treesAreSignalledAndKilled() async throws {
        try await DockerFixture.with { fixture in
            let box = try await fixture.create()
            let process = try await box.start(
                .script("trap '' TERM; (while :; do sleep 1; done) & echo up; while :; do sleep 1; done", isDurable: true)
            )
            guard case .stdout = try await process.next() else {
                Issue.record("There was no output.")
                return
            }
            try await process.kill(grace: .milliseconds(100))
            let result = try await process.collect()
            #expect(result.exit.signal == 9)
            #expect(try await box.shell("ps | grep -c '[s]leep 1' || true") == "0")
        }
    }

    @Test func aTerminalHasASize() async throws {
        try await DockerFixture.with { fixture in
            let box = try await fixture.create()
            let command = BoxCommand(
                id: BoxCommand.newProcessID(),
                arguments: ["/bin/sh", "-c", "stty size; read x; stty size"],
                stdin: .open(ByteBuffer()),
                terminal: .init(rows: 24, columns: 80)
            )
            let process = try await box.start(command)
            guard case .stdout(let first, _) = try await process.next() else {
                Issue.record("There was no output.")
                return
            }
            #expect(String(buffer: first).contains("24 80"))
            try await process.resize(rows: 50, columns: 132)
            try await process.write(ByteBuffer(string: "\n"))
            #expect(String(buffer: try await process.collect().stdout).contains("50 132"))
        }
    }

    @Test func orphansAreReaped() async throws {
        try await DockerFixture.with { fixture in
            let box = try await fixture.create()
            _ = try await box.shell("for i in 1 2 3 4 5; do (sleep 0.01 &) ; done")
            try await eventually("no zombie is left") {
                try await box.shell("ps -o stat,comm | grep -c '^Z' || true") == "0"
            }
            #expect(try await box.shell("cat /proc/1/comm").hasPrefix("boxd"))
        }
    }
}
