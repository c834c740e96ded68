import Glibc
import Model
import ProviderKit
import Testing

@testable import LocalDriver

/// What the data directory lies on.
enum Ground: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case btrfs
    case plain

    var testDescription: String { rawValue }

    /// A driver over a data directory of this kind; the file system goes with it.
    func withDriver(
        _ adjust: (inout LocalConfiguration) -> Void = { _ in },
        _ body: (LocalFixture) async throws -> Void
    ) async throws {
        try await withDirectory { path in try await LocalFixture.withDriver(at: path, adjust, body) }
    }

    /// A directory of this kind for any number of drivers.
    func withDirectory(_ body: (String) async throws -> Void) async throws {
        let folder = try LocalFixture.temporaryDirectory()
        defer { try? FileTree.remove(folder) }
        guard self == .btrfs else { return try await body(folder) }
        let mount = "\(folder)/btrfs"
        try HostFile.makeDirectory(mount, mode: 0o755)
        let image = "\(folder)/image"
        try HostFile.write(image, [], flags: O_CREAT)
        try #require(truncate(image, 4 << 30) == 0)
        try Tool.run("/usr/sbin/mkfs.btrfs", ["-q", "--nodiscard", image])
        try Tool.run("/usr/bin/mount", ["-o", "loop,nodiscard", image, mount])
        // Lazily: a box of another test that starts at this moment may have a copy of the mount.
        defer { try? Tool.run("/usr/bin/umount", ["-l", mount]) }
        let path = "\(mount)/test"
        try HostFile.makeDirectory(path, mode: 0o755)
        try await body(path)
    }
}

extension LocalFixture {
    func capture(
        _ tag: BoxTag,
        as archive: ArchiveID = newID(),
        epoch: UInt64 = 1
    ) async throws -> ArchiveReference {
        try await driver.capture(
            BoxCapture(archive: archive, envelope: envelope(tag.box.rawValue), sandbox: tag.sandbox, epoch: epoch)
        )
    }

    func create(from archive: ArchiveReference, _ tag: BoxTag? = nil) async throws -> any Box {
        try await driver.create(
            BoxCreation(tag: tag ?? newTag(), spec: SandboxSpec(), environment: [:], source: archive)
        )
    }

    /// Nothing of archives, and of layers that boxes have left, is on the disk any more.
    func savedNames() throws -> (archives: [String], layers: [String]) {
        (
            try HostFile.names(in: configuration.archivesDirectory) ?? [],
            try (HostFile.names(in: configuration.savedLayersDirectory) ?? []).filter { $0 != "lock" }
        )
    }
}

extension Box {
    /// Every name, kind, mode, owner, link and byte of the box's own files.
    func digest() async throws -> String {
        try await shell(
            """
            cd / && find workspace home tmp opt -printf '%p %y %m %u %g %l %n %T@\\n' 2>&1 | sort | sha256sum
            find workspace home tmp -type f -print0 | sort -z | xargs -0 -r sha256sum | sha256sum
            """
        )
    }

    /// Files of every kind that a program may leave behind.
    func fill() async throws {
        _ = try await shell(
            """
            cd /workspace && mkdir -p a/b/c 'with space' && echo one > a/one && echo two > a/b/two && ln a/one a/b/linked
            ln -s ../one a/b/symlink && ln -s /nowhere broken && mkfifo pipe && echo x > 'with space/x'
            printf 'latin' > "$(printf 'gr\\374n')" && truncate -s 64M sparse && printf end >> sparse
            chmod 700 a/b && chmod 640 a/one && touch -d 2001-02-03 a/b/two && head -c 300000 /dev/urandom > random
            echo mine > ~/.profile && echo temporary > /tmp/file && umask 077 && mkdir private && echo p > private/p
            mkdir gone && echo g > gone/g && sync && rm -r gone
            """
        )
    }
}
