import BoxClient
import Foundation
import NIOCore
import Testing

/// Output that nobody reads, on disk.
@Suite struct SpoolingTests {
    private func withSpool(
        limit: Int,
        prefix: (String) -> [String] = { _ in [] },
        _ body: (BoxFixture, String) async throws -> Void
    ) async throws {
        let directory = NSTemporaryDirectory() + "spooling-" + UUID().uuidString
        let spool = directory + "/spool"
        for name in [spool, directory + "/inner"] {
            try FileManager.default.createDirectory(atPath: name, withIntermediateDirectories: true)
        }
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let options = ["--keeper", "--spool", spool, "--spool-limit", "\(limit)"]
        try await BoxFixture.with(options: options, in: directory, prefix: prefix(spool)) { box in
            try await body(box, spool)
        }
    }

    /// Bytes of all files of a spool, as whoever has mounted it sees them.
    private func used(_ box: BoxFixture, _ spool: String) throws -> Int {
        let path = "/proc/\(box.daemon)/root" + spool
        var total = 0
        for name in try FileManager.default.contentsOfDirectory(atPath: path) {
            var status = stat()
            // It may have gone meanwhile.
            total += stat(path + "/" + name, &status) == 0 ? Int(status.st_size) : 0
        }
        return total
    }

    private func makeFile(_ count: Int, in box: BoxFixture) throws -> ByteBuffer {
        var random = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        let bytes = random.bytes(count)
        try Data(bytes).write(to: URL(fileURLWithPath: box.workspace + "/file"))
        return ByteBuffer(bytes: bytes)
    }

    /// The largest that its memory has ever been, in KiB.
    private func peakMemory(_ box: BoxFixture) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(box.daemon)/status", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(line.split(separator: " ").compactMap { Int($0) }.first)
    }

    /// Reads to the end, compares with the file repeated, and acknowledges.
    private func collect(
        _ process: BoxProcess,
        from start: UInt64 = 0,
        until end: UInt64 = .max,
        file: ByteBuffer
    ) async throws -> (offset: UInt64, exit: BoxExit?) {
        var offset = start
        let size = UInt64(file.readableBytes)
        while offset < end {
            switch try await process.nextEvent() {
            case .output(_, var bytes, let at):
                try #require(at == offset)
                while bytes.readableBytes > 0 {
                    let position = offset % size
                    let count = min(bytes.readableBytes, Int(size - position))
                    try #require(bytes.readSlice(length: count) == file.getSlice(at: Int(position), length: count))
                    offset += UInt64(count)
                }
                process.acknowledge(stdout: offset, stderr: 0)
            case .exited(let exit): return (offset, exit)
            }
        }
        return (offset, nil)
    }

    @Test func whatNobodyReadsIsOnDisk() async throws {
        try await withSpool(limit: 1 << 30) { box, spool in
            let total: UInt64 = 64 << 20
            let file = try makeFile(8 << 20, in: box)
            let base = try peakMemory(box)
            let old = try await box.connect()
            let begin = ContinuousClock.now
            let process = try await old.start(.shell("for i in 1 2 3 4 5 6 7 8; do cat file; done; exit 3").detached)
            try await eventually("it ends although nobody reads") {
                try await old.processes().first?.exit?.code == 3
            }
            let duration = ContinuousClock.now - begin
            let peak = try peakMemory(box)
            print("SpoolingTests: 64 MiB in \(duration), \(try box.ownMemory()) KiB, peak \(base) to \(peak) KiB")
            #expect(peak - base < 8 << 10)
            #expect(try used(box, spool) >= Int(total) - 1 << 20)
            // A client that follows and acknowledges nothing gets no more than it can hold.
            var received = 0
            while received < 1 << 20, case .output(_, let bytes, _) = try await process.nextEvent() {
                received += bytes.readableBytes
            }
            #expect(received == 1 << 20)
            // Its successor begins where it has stored, and dies in the middle.
            let second = try await box.connect(epoch: 2)
            let half = try await second.attach(id: process.id, stdoutOffset: 1_000_003, stderrOffset: 0)
            let middle = try await collect(half, from: 1_000_003, until: 30 << 20, file: file)
            try await second.ping()
            let held = try #require(try await second.processes().first?.stdoutStart)
            #expect(held <= middle.offset && held > 29 << 20)
            // Files have at most four mebibytes, and go when they are acknowledged whole.
            #expect(try used(box, spool) <= Int(total - held) + 4 << 20)
            let third = try await box.connect(epoch: 3)
            let rest = try await third.attach(id: process.id, stdoutOffset: held, stderrOffset: 0)
            let end = try await collect(rest, from: held, file: file)
            #expect(end.offset == total && end.exit?.stdoutBytes == total && end.exit?.code == 3)
            rest.release()
            try await eventually("the space is given back") {
                try FileManager.default.contentsOfDirectory(atPath: spool).isEmpty
            }
            #expect(try peakMemory(box) - base < 8 << 10)
            #expect(try box.ownMemory() < 3072)
        }
    }

    @Test func beyondTheLimitAProcessWaits() async throws {
        try await withSpool(limit: 3 << 20) { box, spool in
            let file = try makeFile(10 << 20, in: box)
            let connection = try await box.connect()
            let process = try await connection.start(.shell("cat file; echo > done").detached)
            let other = try await connection.start(
                .shell("echo ready; read line; cat file") { $0.input = .open(ByteBuffer()) }.detached
            )
            try await eventually("the spool is full") { try used(box, spool) == 3 << 20 }
            // What is read goes on, although another one has taken all of the spool.
            try await other.append(ByteBuffer(string: "\n"))
            let run = try await other.collect()
            #expect(run.stdout == ByteBuffer(string: "ready\n") + file)
            #expect(try used(box, spool) <= 3 << 20)
            await #expect(throws: BoxError(.notFound, errno: ENOENT)) { _ = try await connection.stat("done") }
            let end = try await collect(process, file: file)
            #expect(end.offset == 10 << 20 && end.exit?.code == 0)
            process.release()
            try await eventually("the space is given back") { try used(box, spool) == 0 }
        }
    }

    /// The file system is smaller than the limit.
    @Test(.enabled(if: geteuid() == 0))
    func aFullDiskSlowsAndLosesNothing() async throws {
        let mount = { (spool: String) in
            [
                "/usr/bin/unshare", "--mount", "/bin/sh", "-c",
                "mount -t tmpfs -o size=2m none \"$0\" && exec \"$@\"", spool,
            ]
        }
        try await withSpool(limit: 1 << 30, prefix: mount) { box, spool in
            let file = try makeFile(10 << 20, in: box)
            let connection = try await box.connect()
            let process = try await connection.start(.shell("cat file").detached)
            try await eventually("the disk is full") { try used(box, spool) > (2 << 20) - 8192 }
            let end = try await collect(process, file: file)
            #expect(end.offset == 10 << 20 && end.exit?.code == 0)
            process.release()
            try await eventually("the space is given back") { try used(box, spool) == 0 }
        }
    }

    /// Room that comes without anybody's acknowledging is found.
    @Test(.enabled(if: geteuid() == 0))
    func aDiskThatIsNoLongerFullIsUsed() async throws {
        let mount = { (spool: String) in
            [
                "/usr/bin/unshare", "--mount", "/bin/sh", "-c",
                "mount -t tmpfs -o size=8m none \"$0\" && head -c 8388608 /dev/zero > \"$0\"/others; exec \"$@\"", spool,
            ]
        }
        try await withSpool(limit: 1 << 30, prefix: mount) { box, spool in
            let file = try makeFile(4 << 20, in: box)
            let connection = try await box.connect()
            let process = try await connection.start(.shell("cat file").detached)
            let ended = { try await connection.processes().first?.exit != nil }
            try await connection.ping()
            #expect(try await !ended())
            #expect(unlink("/proc/\(box.daemon)/root\(spool)/others") == 0)
            try await eventually("it ends although nobody reads", ended)
            #expect(try await collect(process, file: file).offset == 4 << 20)
        }
    }

    @Test func whatCannotBeReadIsToldOf() async throws {
        try await withSpool(limit: 1 << 30) { box, spool in
            _ = try makeFile(4 << 20, in: box)
            let connection = try await box.connect()
            let process = try await connection.start(.shell("cat file").detached)
            try await eventually("it ends") { try await connection.processes().first?.exit != nil }
            for name in try FileManager.default.contentsOfDirectory(atPath: spool) {
                #expect(truncate(spool + "/" + name, 0) == 0)
            }
            let again = try await box.connect(epoch: 2)
            let cut = try await again.attach(id: process.id, stdoutOffset: 0, stderrOffset: 0)
            await #expect(throws: BoxError(.system, errno: EIO)) { _ = try await cut.nextEvent() }
            // It is there all the same, and can be forgotten.
            #expect(try await again.processes().count == 1)
        }
    }

    /// Processes that belong to a client wait for it, as ever.
    @Test func onlyDurableProcessesAreSpooled() async throws {
        try await withSpool(limit: 1 << 30) { box, spool in
            let file = try makeFile(4 << 20, in: box)
            let connection = try await box.connect()
            let process = try await connection.start(.shell("cat file"))
            #expect(try await process.collect().stdout == file)
            #expect(try FileManager.default.contentsOfDirectory(atPath: spool).isEmpty)
        }
    }
}

private func + (_ left: ByteBuffer, _ right: ByteBuffer) -> ByteBuffer {
    var whole = left
    whole.writeImmutableBuffer(right)
    return whole
}
