import DriverTesting
import FleetTesting
import Glibc
import Model
import NIOCore
import ProviderKit
import Testing

@testable import DaytonaDriver

/// Our daemon in a box, through the provider's own programs.
@Suite struct BoxTests {
    @Test func programsHaveTwoStreamsInputAndAnExit() async throws {
        try await DaytonaFixture.withBoxes { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            #expect(box.isFresh)
            let process = try await box.start(
                BoxCommand(
                    id: box.newID(),
                    arguments: ["/bin/sh", "-c", "cat; echo $SECRET >&2; pwd; exit 3"],
                    stdin: .open(ByteBuffer(string: "in"))
                )
            )
            try await process.write(ByteBuffer(string: "put\n"))
            try await process.closeInput()
            let transcript = try await process.transcript()
            #expect(transcript.text == "input\n/workspace\n")
            #expect(String(buffer: transcript.stderr) == "of-the-sandbox\n")
            #expect(transcript.exit == ProcessExit(code: 3, signal: nil))
            let killed = try await box.start(BoxCommand(id: box.newID(), arguments: ["/bin/sleep", "1000"]))
            try await killed.signal(SIGTERM)
            #expect(try await killed.transcript().exit?.signal == SIGTERM)
            await box.detach()
        }
    }

    @Test func everyByteGoesThroughBothWays() async throws {
        try await DaytonaFixture.withBoxes { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            var generator = SeededGenerator(seed: 1)
            var bytes = ByteBuffer()
            for _ in 0..<(1 << 19) { bytes.writeInteger(UInt64.random(in: .min ... .max, using: &generator)) }
            let writer = try await box.write("/workspace/bytes", mode: 0o640)
            try await writer.write(bytes)
            #expect(try await writer.commit().size == 4 << 20)
            let process = try await box.start(BoxCommand(id: box.newID(), arguments: ["/bin/cat", "bytes"]))
            #expect(try await process.transcript().stdout == bytes)
            let reader = try await box.read("/workspace/bytes")
            var back = ByteBuffer()
            while let part = try await reader.next(limit: 1 << 20) { back.writeImmutableBuffer(part) }
            #expect(back == bytes)
            await box.detach()
        }
    }

    @Test func processesOutliveTheirConnection() async throws {
        try await DaytonaFixture.withBoxes { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            let id = box.newID()
            let process = try await box.start(
                BoxCommand(
                    id: id,
                    arguments: ["/bin/sh", "-c", "i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done"],
                    isDurable: true
                )
            )
            let first = try await process.transcript(until: 6)
            await box.detach()
            let again = try await fixture.resume(box.envelope, of: creation)
            #expect(!again.isFresh)
            #expect(try await again.processes().map(\.isRunning) == [true])
            let offset = UInt64(first.stdout.readableBytes)
            let followed = try await again.attach(id, stdout: offset, stderr: 0)
            let more = try await followed.transcript(until: 100)
            let all = first.text + more.text
            let expected = (1...1000).map { "\($0)\n" }.joined()
            #expect(expected.hasPrefix(all), "nothing is lost, nothing comes twice")
            try await followed.kill(grace: .zero)
            await again.detach()
        }
    }

    @Test func aStoppedBoxKeepsItsFilesAndNothingRuns() async throws {
        try await DaytonaFixture.withBoxes { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            _ = try await box.shell("echo kept >file")
            _ = try await box.start(
                BoxCommand(id: box.newID(), arguments: ["/bin/sleep", "4711"], isDurable: true)
            )
            try await fixture.driver.stop(box.envelope, epoch: 1)
            await box.waitUntilClosed()
            try await fixture.driver.stop(box.envelope, epoch: 1)
            let again = try await fixture.resume(box.envelope, of: creation)
            #expect(again.isFresh)
            #expect(try await again.shell("cat file; cat /proc/[0-9]*/cmdline | tr '\\0' ' '").contains("kept"))
            #expect(try await !again.shell("cat /proc/[0-9]*/cmdline | tr '\\0' ' '").contains("sleep 4711"))
            await again.detach()
        }
    }

    @Test func aLaterOwnerClearsTerminalsAway() async throws {
        try await DaytonaFixture.withBoxes { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            let again = try await fixture.resume(box.envelope, of: creation, epoch: 2)
            await box.waitUntilClosed()
            #expect(try await again.shell("echo here") == "here\n")
            await again.detach()
        }
    }

    /// What a user has made of the workspace is the user's, also when another version of the daemon comes.
    @Test func aLaterDaemonLeavesTheWorkspaceAlone() async throws {
        try await DaytonaFixture.withBoxes { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            _ = try await box.shell("chmod 555 /workspace; rm -f /var/tmp/sandfleet/boxd-*")
            await box.detach()
            let again = try await fixture.resume(box.envelope, of: creation)
            #expect(try await again.shell("stat -c %a /workspace; ls -A /workspace") == "555\n")
            await again.detach()
        }
    }

    @Test func aBoxThatIsTakenAwayClosesItsHandle() async throws {
        try await DaytonaFixture.withBoxes { fixture in
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            try await fixture.driver.delete(box.envelope, epoch: 1)
            await box.waitUntilClosed()
            try await expect(.gone) { _ = try await fixture.resume(box.envelope, of: creation) }
        }
    }

    @Test func aLostAnswerOnTheWayInIsMadeGood() async throws {
        try await DaytonaFixture.withBoxes { fixture in
            for path in ["*/files/folder", "*/files/bulk-upload", "*/process/execute", "*/process/pty"] {
                try await fixture.emulator.inject(EmulatorFault(.lostAnswer, "*", path))
                let creation = fixture.creation()
                let box = try await fixture.driver.create(creation)
                #expect(try await box.shell("echo here") == "here\n")
                await box.detach()
                // Who comes back looks for what others have left.
                let again = try await fixture.resume(box.envelope, of: creation)
                #expect(try await again.shell("echo there") == "there\n")
                await again.detach()
            }
            #expect(try await fixture.emulator.requests().count { $0.fault != nil } == 4)
        }
    }
}
