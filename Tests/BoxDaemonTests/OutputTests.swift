import BoxClient
import Foundation
import NIOCore
import Testing

@Suite struct OutputTests {
    /// Failure 20 and the slow reader of rule 16: nothing is cut, nothing is buffered without bound.
    @Test func aSlowReaderGetsEveryByteAndTheDaemonStaysSmall() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let make = try await connection.run(.shell("seq 1 20000000 | head -c 100000000 > big"))
            #expect(make.exit.code == 0)
            let expected = try Data(contentsOf: URL(fileURLWithPath: box.workspace + "/big"), options: .alwaysMapped)
            let process = try await connection.start(.shell("cat big; cat big >&2"))
            var offsets: [BoxOutputStream: UInt64] = [.stdout: 0, .stderr: 0]
            var chunks = 0
            var largest = 0
            var exit: BoxExit?
            while exit == nil {
                switch try await process.nextEvent() {
                case .output(let stream, let bytes, let offset):
                    #expect(offset == offsets[stream])
                    let range = Int(offset)..<Int(offset) + bytes.readableBytes
                    let isSame = bytes.withUnsafeReadableBytes { got in
                        expected.withUnsafeBytes { all in
                            guard let wanted = all.baseAddress, let start = got.baseAddress else { return false }
                            return memcmp(wanted + range.lowerBound, start, got.count) == 0
                        }
                    }
                    #expect(isSame)
                    offsets[stream] = offset + UInt64(bytes.readableBytes)
                    chunks += 1
                    if chunks % 100 == 0 {
                        try await Task.sleep(for: .milliseconds(10))
                        largest = max(largest, try box.ownMemory())
                    }
                case .exited(let end): exit = end
                }
            }
            #expect(offsets == [.stdout: 100_000_000, .stderr: 100_000_000])
            #expect(exit?.code == 0)
            #expect(exit?.stdoutBytes == 100_000_000 && exit?.stderrBytes == 100_000_000)
            #expect(largest < 4096, "the daemon held \(largest) KiB")
            process.release()
            try await eventually("the memory is given back") { try box.ownMemory() <= 1024 }
        }
    }

    @Test func aStoppedReaderStopsTheProcess() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let process = try await connection.start(
                .shell("dd if=/dev/zero bs=1000 count=3000 2>/dev/null; echo > done; sleep 0.1")
            )
            // Another command is served meanwhile, and sees that the first has not come to its end.
            for _ in 0..<50 {
                _ = try await connection.run(.program("true"))
            }
            await #expect(throws: BoxError.self) { _ = try await connection.stat("done") }
            var total = 0
            reading: while true {
                switch try await process.nextEvent() {
                case .output(_, let bytes, _): total += bytes.readableBytes
                case .exited: break reading
                }
            }
            #expect(total == 3_000_000)
            _ = try await connection.stat("done")
        }
    }

    /// Rule 16.
    @Test func aDaemonThatHoldsTheOutputDoesNotHoldTheExit() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let script = "(sleep 5; echo late; echo later; echo > survived) & echo started; exit 4"
            let begin = ContinuousClock.now
            let run = try await connection.run(.shell(script))
            let duration = ContinuousClock.now - begin
            #expect(run.exit.code == 4 && run.exit.outputOpen)
            #expect(String(buffer: run.stdout) == "started\n")
            #expect(duration >= .milliseconds(900) && duration < .seconds(5))
            // The daemon's pipe is neither closed nor full.
            try await eventually("the daemon wrote on") { (try? await connection.stat("survived")) != nil }
        }
    }

    @Test func outputOfADaemonWithinTheQuietSecondIsKept() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let run = try await connection.run(.shell("(sleep 0.4; echo second; sleep 0.4; echo third) & echo first"))
            #expect(String(buffer: run.stdout) == "first\nsecond\nthird\n")
            #expect(!run.exit.outputOpen)
        }
    }
}
