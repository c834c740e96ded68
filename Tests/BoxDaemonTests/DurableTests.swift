import BoxClient
import Foundation
import NIOCore
import Testing

/// Processes that belong to the box, and owners that come and go.
@Suite struct DurableTests {
    /// Writes two files to its two outputs, in turns of random length.
    private static let interleave = """
        import os, random, sys
        random.seed(sys.argv[1])
        files = [open(name, 'rb') for name in ('out', 'err')]
        open_files = [0, 1]
        while open_files:
            which = random.choice(open_files)
            piece = files[which].read(random.choice((1, 100, 5000, 200000)))
            if not piece: open_files.remove(which)
            while piece: piece = piece[os.write(which + 1, piece):]
        os._exit(5)
        """

    /// Rules 5 and 14, with both streams: owners store a part of what they read, and die with the rest.
    @Test func twoStreamsSurviveManyOwners() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("DurableTests seed \(seed)")
        var random = SeededGenerator(seed: seed)
        try await BoxFixture.with { box in
            let contents = [random.bytes(10_000_000), random.bytes(10_000_000)]
            for (name, bytes) in zip(["out", "err"], contents) {
                try Data(bytes).write(to: URL(fileURLWithPath: box.workspace + "/" + name))
            }
            var connection = try await box.connect()
            var process = try await connection.start(
                BoxCommand.program("python3", "-c", Self.interleave, "\(seed)").detached
            )
            let id = process.id
            // What an owner that dies leaves to the next one.
            var stored = [ByteBuffer(), ByteBuffer()]
            var epoch: UInt64 = 1
            var owners = 1
            var exit: BoxExit?
            while exit == nil {
                var read = stored
                let end = total(stored) + Int.random(in: 1...2_000_000, using: &random)
                while exit == nil, total(read) < end {
                    switch try await process.nextEvent() {
                    case .output(let stream, var bytes, let offset):
                        let index = stream == .stdout ? 0 : 1
                        try #require(offset == UInt64(read[index].readableBytes))
                        read[index].writeBuffer(&bytes)
                        // With a window full of what nobody has stored the process would wait for ever.
                        if total(read) - total(stored) > 1 << 19 || Int.random(in: 0..<4, using: &random) == 0 {
                            stored = read
                            process.acknowledge(
                                stdout: UInt64(stored[0].readableBytes),
                                stderr: UInt64(stored[1].readableBytes)
                            )
                        }
                    case .exited(let end):
                        exit = end
                        stored = read
                    }
                }
                guard exit == nil else { break }
                // One in three is still there when its successor comes.
                let predecessor = connection
                if Int.random(in: 0..<3, using: &random) > 0 {
                    connection.close()
                }
                epoch += 1
                owners += 1
                connection = try await box.connect(epoch: epoch)
                process = try await connection.attach(
                    id: id,
                    stdoutOffset: UInt64(stored[0].readableBytes),
                    stderrOffset: UInt64(stored[1].readableBytes)
                )
                predecessor.close()
            }
            #expect(exit?.code == 5 && exit?.stdoutBytes == 10_000_000 && exit?.stderrBytes == 10_000_000)
            #expect(stored == contents.map { ByteBuffer(bytes: $0) } && owners > 3)
            process.release()
            try await eventually("it is forgotten") { try await connection.processes().isEmpty }
        }
    }

    private func total(_ buffers: [ByteBuffer]) -> Int {
        buffers.reduce(0) { $0 + $1.readableBytes }
    }

    /// The predecessor hangs: it still holds its connection and does not read.
    @Test func aSuccessorTakesOverFromOneThatHangs() async throws {
        try await BoxFixture.with { box in
            let old = try await box.connect(epoch: 1)
            let process = try await old.start(.shell("seq 1 1000000; echo done >&2").detached)
            guard case .output = try await process.nextEvent() else {
                Issue.record("no output")
                return
            }
            let new = try await box.connect(epoch: 2)
            let attached = try await new.attach(id: process.id, stdoutOffset: 0, stderrOffset: 0)
            let run = try await attached.collect()
            #expect(run.exit.stdoutBytes == 6_888_896 && run.stdout.readableBytes == 6_888_896)
            await #expect(throws: BoxError(.staleEpoch)) { try await process.kill() }
        }
    }

    /// It has stored everything and dies before it can say so: the window is full, and only its successor can move it.
    @Test func anOwnerThatDiesBeforeItAcknowledgesHoldsNobodyUp() async throws {
        try await BoxFixture.with { box in
            let old = try await box.connect(epoch: 1)
            let process = try await old.start(.shell("head -c 3000000 /dev/zero; head -c 5 /dev/zero >&2").detached)
            var received: UInt64 = 0
            while received < 1 << 20, case .output(_, let bytes, _) = try await process.nextEvent() {
                received += UInt64(bytes.readableBytes)
            }
            old.close()
            let new = try await box.connect(epoch: 2)
            let attached = try await new.attach(id: process.id, stdoutOffset: received, stderrOffset: 0)
            let run = try await attached.collect()
            #expect(run.stdout.readableBytes == 3_000_000 - 1 << 20 && run.stderr.readableBytes == 5)
        }
    }

    @Test func aTimeoutStrikesWithoutAnOwner() async throws {
        try await BoxFixture.with { box in
            let old = try await box.connect()
            let process = try await old.start(.shell("sleep 1000") { $0.timeout = .milliseconds(300) }.detached)
            old.close()
            let new = try await box.connect(epoch: 2)
            try await eventually("its end is kept") {
                try await new.processes().first { $0.id == process.id }?.exit != nil
            }
            let attached = try await new.attach(id: process.id, stdoutOffset: 0, stderrOffset: 0)
            let exit = try await attached.exit()
            #expect(exit.timedOut && exit.signal == SIGTERM)
        }
    }

    /// What has ended is kept until it is released, with its output.
    @Test func hundredsThatNobodyReleasesStaySmall() async throws {
        try await BoxFixture.with { box in
            let owner = try await box.connect()
            var ids: [String] = []
            for number in 0..<300 {
                let process = try await owner.start(.shell("seq 1 \(number); seq 1 \(number) >&2; exit 7").detached)
                ids.append(process.id)
            }
            owner.close()
            let successor = try await box.connect(epoch: 2)
            try await eventually("all have ended") {
                let known = try await successor.processes()
                return known.count == 300 && known.allSatisfy { $0.exit?.code == 7 }
            }
            #expect(try box.ownMemory() < 4096)
            for (number, id) in ids.enumerated() {
                let expected = (0..<number).map { "\($0 + 1)\n" }.joined()
                // From the middle, as one who had stored a part of it.
                let start = expected.utf8.count / 2
                let process = try await successor.attach(id: id, stdoutOffset: UInt64(start), stderrOffset: 0)
                let run = try await process.collect()
                #expect(String(buffer: run.stdout) == String(expected.dropFirst(start)))
                #expect(String(buffer: run.stderr) == expected)
            }
            #expect(try await successor.processes().isEmpty)
            try await eventually("the memory is given back") { try box.ownMemory() <= 1024 }
        }
    }

    /// Together they hold no more than a budget, and each goes on as soon as it is read.
    @Test func outputOfManyThatNobodyReadsIsBounded() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            var processes: [BoxProcess] = []
            for _ in 0..<80 {
                processes.append(try await connection.start(.shell("head -c 3000000 /dev/zero").detached))
            }
            // 80 windows would be 80 MiB: 32 of them, and a small one for each of the others.
            try await eventually("everything is full") {
                let blocked = try await connection.run(.shell("grep -l pipe_write /proc/[0-9]*/wchan 2>/dev/null | wc -l"))
                return try box.ownMemory() > 31 << 10 || (Int(String(buffer: blocked.stdout).dropLast()) ?? 0) >= 80
            }
            for _ in 0..<20 {
                try await connection.ping()
                #expect(try box.ownMemory() < 40 << 10)
            }
            try await withThrowingTaskGroup(of: Int.self) { group in
                for process in processes {
                    group.addTask { try await process.collect().stdout.readableBytes }
                }
                for try await count in group {
                    #expect(count == 3_000_000)
                }
            }
            try await eventually("the memory is given back") { try box.ownMemory() <= 1024 }
        }
    }

    @Test func aGibibyteWithoutANewlineIsSlowedAndNotKept() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let process = try await connection.start(
                .shell("head -c 1073741824 /dev/zero; echo over > done").detached
            )
            var received: UInt64 = 0
            while received < 1 << 20, case .output(_, let bytes, _) = try await process.nextEvent() {
                received += UInt64(bytes.readableBytes)
            }
            #expect(received == 1 << 20)
            for _ in 0..<50 {
                try await connection.ping()
            }
            #expect(try box.ownMemory() < 3072)
            var largest = 0
            var exit: BoxExit?
            var events = 0
            process.acknowledge(stdout: received, stderr: 0)
            while exit == nil {
                switch try await process.nextEvent() {
                case .output(_, let bytes, let offset):
                    #expect(offset == received)
                    received += UInt64(bytes.readableBytes)
                    process.acknowledge(stdout: received, stderr: 0)
                    events += 1
                    if events % 500 == 0 {
                        largest = max(largest, try box.ownMemory())
                    }
                case .exited(let end): exit = end
                }
            }
            #expect(received == 1 << 30 && exit?.stdoutBytes == 1 << 30)
            #expect(largest < 4096, "the daemon held \(largest) KiB")
        }
    }
}
