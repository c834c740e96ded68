import Glibc
import Model
import NIOCore
import ProviderKit
import Testing

@testable import LocalDriver

@Suite(.serialized, .enabled(if: isRoot))
struct SessionTests {
    @Test
    func filesGoInAndOut() async throws {
        try await LocalFixture.withDriver { fixture in
            let box = try await fixture.create()
            let writer = try await box.write("/workspace/deep/file", mode: 0o640)
            try await writer.write(ByteBuffer(string: "hello "))
            try await writer.write(ByteBuffer(string: "box"))
            #expect(await failure { _ = try await box.stat("/workspace/deep/file") } == .file(.fileNotFound))
            let written = try await writer.commit()
            #expect(written.size == 9 && written.mode == 0o640 && written.name == "file")
            #expect(try await box.shell("cat deep/file") == "hello box")

            let reader = try await box.read("/workspace/deep/file")
            var content = ByteBuffer()
            while var bytes = try await reader.next(limit: 4) { content.writeBuffer(&bytes) }
            #expect(String(buffer: content) == "hello box")

            _ = try await box.shell("cd deep; touch a b c d; ln -s a link")
            let first = try await box.list("/workspace/deep", after: nil, limit: 3)
            #expect(first.entries.map(\.name) == ["a", "b", "c"])
            let second = try await box.list("/workspace/deep", after: first.nextCursor, limit: 10)
            #expect(second.entries.map(\.name) == ["d", "file", "link"] && second.nextCursor == nil)
            #expect(second.entries.last?.target == "a")

            #expect(await failure { _ = try await box.read("/workspace/deep") } == .file(.isDirectory))
            #expect(
                await failure { try await box.remove("/workspace/deep", recursive: false) } == .file(.directoryNotEmpty)
            )
            #expect(await failure { _ = try await box.write("/usr/x", mode: nil).commit() } == .file(.permissionDenied))
            try await box.remove("/workspace/deep", recursive: true)
            try await box.makeDirectory("/workspace/new/one")
            #expect(try await box.shell("ls; ls new") == "new\none")
        }
    }

    @Test
    func programsAreStartedFedAndEnded() async throws {
        try await LocalFixture.withDriver { fixture in
            let box = try await fixture.create(environment: ["A": "sandbox", "B": "sandbox"])
            let process = try await box.start(
                BoxCommand(
                    id: newID(),
                    arguments: ["/bin/sh", "-c", "cat; echo $A $B >&2; exit 3"],
                    environment: ["B": "own"],
                    stdin: .open(ByteBuffer())
                )
            )
            try await process.write(ByteBuffer(string: "input"))
            try await process.closeInput()
            var (stdout, stderr, exit) = ("", "", ProcessExit?.none)
            while let event = try await process.next() {
                switch event {
                case .stdout(let bytes, _): stdout += String(buffer: bytes)
                case .stderr(let bytes, _): stderr += String(buffer: bytes)
                case .exited(let end): exit = end
                }
            }
            #expect(stdout == "input" && stderr == "sandbox own\n" && exit?.code == 3)
            let after = try await process.next()
            #expect(after.map { _ in true } == nil)

            let endless = try await box.start(BoxCommand(id: newID(), arguments: ["sh", "-c", "sleep 1000 & wait"]))
            try await endless.kill(grace: .milliseconds(100))
            #expect(try await box.shell("pgrep -c sleep || true") == "0")

            let late = try await box.run(
                BoxCommand(id: newID(), arguments: ["sleep", "1000"], timeout: .milliseconds(50))
            )
            #expect(late.exit.timedOut)
            let missing = BoxCommand(id: newID(), arguments: ["no-such-program"])
            #expect(await failure { _ = try await box.run(missing) } == .startFailed(errno: ENOENT))
        }
    }

    private func newID() -> String {
        let id: ProcessID = LocalFixture.newID()
        return id.rawValue
    }
}
