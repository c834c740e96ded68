import BoxClient
import BoxDaemon
import BoxProtocol
import CLinux
import ExecutionEngine
import Foundation
import NIOCore
import Testing

@Suite struct DaemonTests {
    @Test func optionsAreParsed() throws {
        let options = try #require(BoxDaemonOptions(["--listen-fd", "5", "--workspace", "/w", "--cgroup-fd", "6"]))
        #expect(options.listener == 5 && options.workspace == "/w" && options.home == nil && options.cgroups == 6)
        #expect(!options.isKeeper && options.environment.isEmpty && options.root == nil)
        let keeper = try #require(
            BoxDaemonOptions([
                "--keeper", "--listen-fd", "3", "--root", "/r", "--environment", "A=1", "--environment", "B=",
                "--fence", "/f", "--spool", "/s", "--spool-limit", "7", "--maximum-processes", "8", "--memory", "9",
            ])
        )
        #expect(keeper.isKeeper && keeper.workspace == "/r" && keeper.environment == ["A=1", "B="])
        #expect(keeper.fence == "/f" && keeper.root == "/r" && keeper.spool == "/s" && keeper.spoolLimit == 7)
        #expect(keeper.maximumProcesses == 8 && keeper.memory == 9)
        for wrong in [
            [], ["--listen-fd"], ["--listen-fd", "x"], ["--listen-fd", "2"], ["--listen-fd", "3", "--what", "x"],
            ["--listen-fd", "3", "--cgroup-fd", "2"], ["--listen-fd", "3", "--oom-score", "1001"],
            ["--listen-fd", "3", "--keeper", "--workspace", "relative"],
            ["--listen-fd", "3", "--root", "relative"], ["--listen-fd", "3", "--environment", "A"],
            ["--listen-fd", "3", "--environment", "=a"], ["--listen-fd", "3", "--maximum-processes", "0"],
        ] {
            #expect(BoxDaemonOptions(wrong) == nil)
        }
    }

    @Test(.enabled(if: BoxSetting.available.contains(.namespace)))
    func processOneReapsOrphans() async throws {
        try await BoxFixture.with(.namespace) { box in
            let connection = try await box.connect()
            #expect(String(buffer: try await connection.run(.shell("echo $PPID")).stdout) == "1\n")
            let orphans = "i=0; while [ $i -lt 200 ]; do (setsid sh -c 'exit 3' &) ; i=$((i + 1)); done"
            _ = try await connection.run(.shell(orphans))
            try await eventually("every orphan is reaped") {
                // Process 1, this shell and its ls.
                let count = try await connection.run(.shell("set -- /proc/[0-9]*; echo $#"))
                return String(buffer: count.stdout) == "2\n"
            }
        }
    }

    @Test func idleItIsSmallAndSleeps() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            _ = try await connection.run(.program("true"))
            // Behind the release of the command.
            try await connection.ping()
            #expect(try box.ownMemory() <= 1024)
            let before = try wakeups(of: box.daemon)
            try await Task.sleep(for: .milliseconds(1500))
            #expect(try wakeups(of: box.daemon) == before)
        }
    }

    private func wakeups(of process: pid_t) throws -> String {
        let text = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        return try #require(text.split(separator: "\n").first { $0.hasPrefix("voluntary_ctxt") }.map(String.init))
    }

    @Test func itIsNotDumpableAndHoldsOnlyItsOwnDescriptors() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let targets = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(box.daemon)/fd")
                .map {
                    try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(box.daemon)/fd/\($0)")
                }
            try await connection.ping()
            #expect(targets.allSatisfy { $0.hasPrefix("socket:") || $0.hasPrefix("anon_inode:") || $0 == "/dev/null" })
            let owner = try FileManager.default.attributesOfItem(atPath: "/proc/\(box.daemon)/environ")
            #expect(owner[.ownerAccountID] as? Int == 0)
        }
    }

    @Test func terminationKillsEverything() async throws {
        try await BoxFixture.with { box in
            let connection = try await box.connect()
            let process = try await connection.start(.shell("trap '' TERM; echo; sleep 1000; sleep 1000").detached)
            _ = try await process.nextEvent()
            kill(box.daemon, SIGTERM)
            await connection.waitUntilClosed()
            var status: Int32 = 0
            #expect(waitpid(box.daemon, &status, 0) == box.daemon && status == 0)
            #expect(!box.exists(process.process))
        }
    }

    @Test(.enabled(if: geteuid() == 0))
    func itNeedsNothingButProc() async throws {
        let root = NSTemporaryDirectory() + "boxd-root-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: root + "/proc", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: root) }
        // Bound, not copied: a child that another test starts meanwhile would hold a copy open for writing.
        try Data().write(to: URL(filePath: root + "/boxd"))
        let listener = try Descriptor(owning: linux_listen(root + "/socket", 1))
        let daemon = try BoxFixture.spawn(
            [
                // The Swift runtime reads its arguments from /proc, and the engine finds descendants there.
                "/usr/bin/unshare", "--mount", "/bin/sh", "-c",
                "mount --bind /proc \"$0/proc\" && mount --bind \"$1\" \"$0/boxd\" && exec chroot \"$0\" /boxd --listen-fd 3 --workspace /",
                root,
                BoxFixture.executable,
            ],
            handing: [listener]
        )
        defer {
            kill(daemon, SIGKILL)
            waitpid(daemon, nil, 0)
        }
        let loop = try BoxLoop()
        let connection = try await BoxConnection.connect(path: root + "/socket", epoch: 1, sandbox: "", loop: loop)
        try await connection.writeFile("file", ByteBuffer(string: "x"))
        #expect(try await connection.stat("file").size == 1)
        await #expect(throws: BoxError(.commandNotFound, errno: ENOENT)) {
            _ = try await connection.run(.program("sh"))
        }
        #expect(try await connection.run(.program("/boxd")).exit.code == 64)
    }
}

/// What a hostile or broken client sends.
@Suite struct HostileClientTests {
    private func socket(_ box: BoxFixture) async throws -> Descriptor {
        while true {
            do throws(SystemError) {
                return try Descriptor(owning: linux_connect(box.socketPath))
            } catch {
                // The backlog is full.
                try #require(error.code == EAGAIN)
                await Task.yield()
            }
        }
    }

    private func isClosed(_ socket: Descriptor) async throws {
        try await eventually("the daemon closes the connection") {
            var byte: UInt8 = 0
            let count = recv(socket.number, &byte, 1, Int32(MSG_DONTWAIT))
            return count == 0 || (count < 0 && errno == ECONNRESET)
        }
    }

    @Test func malformedFramesCloseTheirConnectionOnly() async throws {
        try await BoxFixture.with { box in
            let good = try await box.connect()
            let hello = FieldEncoder.frame(.hello, stream: 1, HelloMessage(epoch: 1, sandbox: "sandbox"))
            let cases: [[UInt8]] = [
                [255, 255, 255, 255, 1, 0, 0, 0, 0],
                [0, 0, 0, 0, 77, 0, 0, 0, 0],
                FieldEncoder.frame(.ping, stream: 1),
                hello + hello,
                hello + FieldEncoder.frame(.welcome, stream: 2, WelcomeMessage(process: 1)),
                hello + [4, 0, 0, 0, FrameType.start.rawValue, 1, 0, 0, 0, 255, 255, 255, 255],
            ]
            for bytes in cases {
                let socket = try await socket(box)
                _ = bytes.withUnsafeBytes { linux_send(socket.number, $0.baseAddress, $0.count, -1) }
                try await isClosed(socket)
                try await good.ping()
            }
            for _ in 0..<200 {
                let socket = try await socket(box)
                let noise = (0..<200).map { _ in UInt8.random(in: 0...255) }
                let bytes = Bool.random() ? noise : hello + noise
                _ = bytes.withUnsafeBytes { linux_send(socket.number, $0.baseAddress, $0.count, -1) }
            }
            #expect(try await good.run(.program("true")).exit.code == 0)
        }
    }

    @Test func aClientThatNeverReadsHoldsUpNobody() async throws {
        try await BoxFixture.with { box in
            let good = try await box.connect()
            let silent = try await socket(box)
            var start = StartMessage(id: "flood", arguments: ["cat", "/dev/zero"])
            start.isDetached = false
            var bytes = FieldEncoder.frame(.hello, stream: 1, HelloMessage(epoch: 1, sandbox: "sandbox"))
            bytes += FieldEncoder.frame(.start, stream: 2, start)
            for stream in 3..<3000 {
                bytes += FieldEncoder.frame(.list, stream: UInt32(stream), ListMessage(path: "/usr/bin", limit: 4000))
            }
            _ = bytes.withUnsafeBytes { linux_send(silent.number, $0.baseAddress, $0.count, -1) }
            for _ in 0..<100 {
                _ = try await good.run(.program("true"))
            }
            #expect(try box.ownMemory() < 8192)
            let flood = try #require(try await good.processes().first { $0.id == "flood" })
            shutdown(silent.number, Int32(SHUT_RDWR))
            try await eventually("its process is dead") { !box.exists(flood.process) }
        }
    }
}
