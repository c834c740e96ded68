import FleetTesting
import Glibc
import Testing

@testable import Fleet

@Suite(.serialized, .enabled(if: geteuid() == 0 && access("/dev/loop-control", W_OK) == 0))
struct BoxDiskTests {
    @Test func isMadeOnceAndFoundAgain() async throws {
        try await withDisk { disk, directory in
            #expect(try await disk.prepare()?.hasPrefix("Made") == true)
            #expect(isOnBtrfs(directory.boxes))
            try TextFile.replace("\(directory.boxes)/f", with: "kept")
            // A predecessor that was killed left it mounted.
            #expect(try await disk.prepare()?.hasPrefix("Found") == true)
            #expect(await disk.release() == nil)
            #expect(!isOnBtrfs(directory.boxes))
            #expect(try await disk.prepare() == nil)
            #expect(TextFile.read("\(directory.boxes)/f") == "kept")
        }
    }

    /// Boxes that live on hold it, though its mount is gone: two devices of one file would destroy it.
    @Test func isNeverMountedThroughASecondDevice() async throws {
        try await withDisk { disk, directory in
            _ = try await disk.prepare()
            let held = open(directory.boxes, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            defer { close(held) }
            let device = try source(of: directory.boxes)
            try await run("/usr/bin/umount", ["--lazy", directory.boxes], directory)
            _ = try await disk.prepare()
            #expect(try source(of: directory.boxes) == device)
        }
    }

    @Test func boxesThatLieElsewhereStayThere() async throws {
        try await withDisk { disk, directory in
            try makeDirectory(directory.boxes, mode: 0o700)
            try TextFile.replace("\(directory.boxes)/placement", with: "x")
            #expect(try await disk.prepare() == nil)
            #expect(!isOnBtrfs(directory.boxes))
            #expect(await disk.release() == nil)
        }
    }

    @Test(arguments: [("auto", BoxDiskSize.share), ("none", BoxDiskSize.none), ("2G", .bytes(2 << 30)), ("1K", nil), ("x", nil)])
    func sizesAreRead(_ text: String, _ size: BoxDiskSize?) {
        #expect(BoxDiskSize(text) == size)
    }

    private func withDisk(_ body: (BoxDisk, DataDirectory) async throws -> Void) async throws {
        try await withTemporaryDirectory { folder in
            let directory = try DataDirectory(creating: "\(folder)/data")
            let disk = BoxDisk(directory: directory, size: .bytes(1 << 30))
            try await body(disk, directory)
            #expect(await disk.release() == nil)
            try await Remains(data: folder, fleet: nil).vanish()
        }
    }

    private func isOnBtrfs(_ path: String) -> Bool { mount(on: path) != nil }

    private func source(of path: String) throws -> String {
        String(try #require(mount(on: path))[0])
    }

    private func mount(on path: String) -> [Substring]? {
        (TextFile.read("/proc/self/mounts") ?? "").split(separator: "\n").map { $0.split(separator: " ") }
            .first { $0.count > 2 && $0[1] == path && $0[2] == "btrfs" }
    }

    private func run(_ program: String, _ arguments: [String], _ directory: DataDirectory) async throws {
        let child = try await ChildProcess.spawn(
            ChildSpecification(executable: program, arguments: arguments, log: directory.log("test"))
        )
        #expect(await child.exit.wait() == .exited(0))
    }
}
