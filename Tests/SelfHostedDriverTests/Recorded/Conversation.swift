import Foundation
import Model
import NIOCore
import ProviderKit
import ServiceHost
import Testing

@testable import SelfHostedDriver

/// What a worker does with a sandbox on a machine, the same when it is recorded and when it is played back.
struct Conversation {
    static let cat = "01jc0000000000000000000cat"
    static let sleeper = "01jc0000000000000000000slp"
    static let missing = "01jc0000000000000000000mss"

    let driver: SelfHostedDriver
    let agent: AgentID
    let sandbox: SandboxID

    func hold() async throws {
        let creation = BoxCreation(
            tag: BoxTag(fleet: .now(), sandbox: sandbox, box: .now(), epoch: 1),
            spec: SandboxSpec(networkPolicy: .full, agent: agent),
            environment: ["GREETING": "hello"]
        )
        let box = try await driver.create(creation)
        #expect(box.isFresh)
        try await files(in: box)
        try await processes(in: box)
        try await driver.stop(box.envelope, epoch: 1)
    }

    private func files(in box: any Box) async throws {
        try await box.makeDirectory("folder")
        let writer = try await box.write("folder/a.txt", mode: 0o640)
        try await writer.write(ByteBuffer(string: "some text"))
        #expect(try await writer.commit().size == 9)
        let info = try await box.stat("folder/a.txt")
        #expect(info.mode == 0o640 && info.size == 9 && info.type == .file)
        let page = try await box.list("folder", after: nil, limit: 10)
        #expect(page.entries.map(\.name) == ["a.txt"] && page.nextCursor == nil)
        let reader = try await box.read("folder/a.txt")
        #expect(try await reader.next(limit: 65_536) == ByteBuffer(string: "some text"))
        #expect(try await reader.next(limit: 65_536) == nil)
        await reader.close()
        try await box.remove("folder/a.txt", recursive: false)
        let gone = await failure { _ = try await box.stat("folder/a.txt") }
        #expect(gone?.kind == .file(.fileNotFound))
        let outside = await failure { _ = try await box.stat("../../etc") }
        #expect(outside?.kind == .denied, "\(String(describing: outside))")
    }

    private func processes(in box: any Box) async throws {
        let cat = try await box.start(
            BoxCommand(
                id: Self.cat,
                arguments: ["/bin/sh", "-c", "read line; echo $line $GREETING; cat; exit 3"],
                stdin: .open(ByteBuffer(string: "one ")),
                isDurable: true
            )
        )
        try await cat.write(ByteBuffer(string: "two\n"))
        try await cat.closeInput()
        let (stdout, exit) = try await follow(cat)
        #expect(String(decoding: stdout, as: UTF8.self) == "one two hello\n")
        #expect(exit?.code == 3)
        cat.release()
        let sleeper = try await box.start(
            BoxCommand(id: Self.sleeper, arguments: ["/bin/sleep", "100"], isDurable: true)
        )
        #expect(try await box.processes().contains { $0.id == Self.sleeper && $0.isRunning })
        try await sleeper.signal(SIGCONT)
        try await sleeper.kill(grace: .milliseconds(100))
        #expect(try await follow(sleeper).exit?.signal != nil)
        let missing = await failure {
            _ = try await box.start(BoxCommand(id: Self.missing, arguments: ["/no/such"], isDurable: true))
        }
        #expect(missing?.kind == .startFailed(errno: 2))
    }
}
