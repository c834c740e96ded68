import BoxClient
import Foundation
import NIOCore
import Testing

@Suite struct OwnershipTests {
    @Test func processesOfAClientThatGoesAreKilled() async throws {
        try await BoxFixture.with { box in
            let watcher = try await box.connect()
            let client = try await box.connect()
            let owned = try await client.start(.shell("trap '' TERM; echo; sleep 1000 & wait; sleep 1000"))
            let detached = try await client.start(.shell("sleep 1000") { $0.isDetached = true })
            _ = try await owned.nextEvent()
            client.close()
            await #expect(throws: BoxError(.connectionClosed)) { _ = try await owned.nextEvent() }
            try await eventually("the owned tree is dead") { !box.exists(owned.process) }
            #expect(box.exists(detached.process))
            #expect(try await watcher.processes().map(\.id) == [detached.id])
        }
    }

    @Test func dropsOfTheLastReferenceEndAProcess() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            var running: BoxProcess? = try await connection.start(.shell("sleep 1000"))
            let number = try #require(running?.process)
            running = nil
            try await eventually("the process is dead") { !box.exists(number) }
            #expect(try await connection.processes().isEmpty)
        }
    }

    /// Rules 5 and 14: a client dies, another one goes on at the last stored offset, byte for byte.
    @Test func aDetachedProcessIsFollowedOnByteForByte() async throws {
        try await BoxFixture.with { box in
            var expected = ByteBuffer()
            for number in 1...600_000 {
                expected.writeString("\(number)\n")
            }
            var stored = ByteBuffer()
            let id = UUID().uuidString
            var epoch: UInt64 = 1
            var connection = try await box.connect(epoch: epoch)
            var process = try await connection.start(
                BoxCommand(id: id, arguments: ["sh", "-c", "seq 1 600000; echo end >&2; exit 6"]).detached
            )
            var stderr = ByteBuffer()
            var acknowledged = 0
            var deaths = 0
            var exit: BoxExit?
            while exit == nil {
                // Each client reads some, stores a part of it, and dies with the rest.
                let lifetime = Int.random(in: 1...12)
                for _ in 0..<lifetime where exit == nil && stored.readableBytes - acknowledged < 1 << 20 {
                    switch try await process.nextEvent() {
                    case .output(.stdout, let bytes, let offset):
                        #expect(offset == UInt64(stored.readableBytes))
                        stored.writeImmutableBuffer(bytes)
                    case .output(.stderr, let bytes, let offset):
                        #expect(offset == UInt64(stderr.readableBytes))
                        stderr.writeImmutableBuffer(bytes)
                    case .exited(let end): exit = end
                    }
                }
                if Bool.random() {
                    process.acknowledge(stdout: UInt64(stored.readableBytes), stderr: UInt64(stderr.readableBytes))
                    try await connection.ping()
                    acknowledged = stored.readableBytes
                    // A death loses what was received after the last acknowledgement.
                } else if exit == nil, let held = try await connection.processes().first {
                    stored = ByteBuffer(bytes: stored.readableBytesView.prefix(Int(held.stdoutStart)))
                    stderr = ByteBuffer(bytes: stderr.readableBytesView.prefix(Int(held.stderrStart)))
                }
                guard exit == nil else { break }
                connection.close()
                deaths += 1
                epoch += 1
                connection = try await box.connect(epoch: epoch)
                process = try await connection.attach(
                    id: id,
                    stdoutOffset: UInt64(stored.readableBytes),
                    stderrOffset: UInt64(stderr.readableBytes)
                )
            }
            #expect(stored == expected)
            #expect(String(buffer: stderr) == "end\n")
            #expect(exit?.code == 6 && deaths > 3)
            // The exit is held until it is released.
            connection.close()
            connection = try await box.connect(epoch: epoch)
            process = try await connection.attach(
                id: id,
                stdoutOffset: UInt64(stored.readableBytes),
                stderrOffset: UInt64(stderr.readableBytes)
            )
            guard case .exited(let again) = try await process.nextEvent() else {
                Issue.record("no exit")
                return
            }
            #expect(again == exit)
            process.release()
            await #expect(throws: BoxError(.noSuchProcess)) {
                _ = try await connection.attach(id: id, stdoutOffset: 0, stderrOffset: 0)
            }
        }
    }

    @Test func unacknowledgedOutputStopsADetachedProcessAtOneMebibyte() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let script = "dd if=/dev/zero bs=4096 count=1000 2>/dev/null; echo > done"
            let process = try await connection.start(.shell(script).detached)
            var received: UInt64 = 0
            while received < 1 << 20 {
                guard case .output(_, let bytes, _) = try await process.nextEvent() else { break }
                received += UInt64(bytes.readableBytes)
            }
            #expect(received == 1 << 20)
            await #expect(throws: BoxError(.notFound, errno: ENOENT)) { _ = try await connection.stat("done") }
            await #expect(throws: BoxError(.outputForgotten)) {
                process.acknowledge(stdout: received, stderr: 0)
                _ = try await connection.attach(id: process.id, stdoutOffset: 0, stderrOffset: 0)
            }
            var exit: BoxExit?
            while exit == nil {
                switch try await process.nextEvent() {
                case .output(_, let bytes, _):
                    received += UInt64(bytes.readableBytes)
                    process.acknowledge(stdout: received, stderr: 0)
                case .exited(let end): exit = end
                }
            }
            #expect(received == 4_096_000 && exit?.stdoutBytes == received)
        }
    }

    @Test func theLastToAttachIsTold() async throws {
        try await BoxFixture.with { box in
            let first = try await box.connect()
            let second = try await box.connect()
            let process = try await first.start(.shell("read line; echo $line") { $0.input = .open(ByteBuffer()) }.detached)
            let attached = try await second.attach(id: process.id, stdoutOffset: 0, stderrOffset: 0)
            await #expect(throws: BoxError(.followedElsewhere)) { _ = try await process.nextEvent() }
            try await attached.append(ByteBuffer(string: "hello\n"))
            guard case .output(_, let bytes, _) = try await attached.nextEvent() else {
                Issue.record("no output")
                return
            }
            #expect(String(buffer: bytes) == "hello\n")
        }
    }

    /// Rule 5.
    @Test func aLowerEpochIsRefusedFromThatMomentOn() async throws {
        try await BoxFixture.with { box in
            let old = try await box.connect(epoch: 4)
            let owned = try await old.start(.shell("sleep 1000"))
            let detached = try await old.start(.shell("sleep 1000").detached)
            let writer = try await old.openWrite("file")
            let new = try await box.connect(epoch: 5)
            let stale = BoxError(.staleEpoch)
            await #expect(throws: stale) { _ = try await owned.nextEvent() }
            await #expect(throws: stale) { _ = try await detached.nextEvent() }
            await #expect(throws: stale) { _ = try await old.run(.program("true")) }
            await #expect(throws: stale) { _ = try await old.start(.program("true")) }
            await #expect(throws: stale) { _ = try await old.stat("/") }
            await #expect(throws: stale) { _ = try await old.processes() }
            await #expect(throws: stale) { _ = try await writer.commit() }
            await #expect(throws: stale) { try await detached.kill() }
            await #expect(throws: stale) { _ = try await box.connect(epoch: 4) }
            await #expect(throws: BoxError(.wrongSandbox)) { _ = try await box.connect(epoch: 6, sandbox: "other") }
            await #expect(throws: BoxError(.notFound, errno: ENOENT)) { _ = try await new.stat("file") }
            try await eventually("what the old owner waited for is dead") { !box.exists(owned.process) }
            #expect(box.exists(detached.process))
            let attached = try await new.attach(id: detached.id, stdoutOffset: 0, stderrOffset: 0)
            try await attached.kill()
        }
    }

    @Test func anIdentifierIsUsedOnce() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let first = try await connection.start(.shell("sleep 1000"))
            let second = BoxCommand(id: first.id, arguments: ["true"])
            await #expect(throws: BoxError(.processExists, errno: EEXIST)) {
                _ = try await connection.run(second)
            }
            #expect(box.exists(first.process))
        }
    }
}

extension BoxCommand {
    var detached: BoxCommand {
        var command = self
        command.isDetached = true
        return command
    }
}
