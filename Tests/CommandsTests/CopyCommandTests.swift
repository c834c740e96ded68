import ContractServer
import Foundation
import Glibc
import Testing

@Suite struct CopyCommandTests {
    private func withBox(_ body: (Bench, URL) async throws -> Void) async throws {
        try await Bench.with { bench in
            _ = try await bench.run("create", "--name", "box")
            try await withFolder { try await body(bench, $0) }
        }
    }

    @Test func filesGoBothWays() async throws {
        try await withBox { bench, folder in
            let content = Data((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7) })
            let file = folder.appending(path: "tool")
            try content.write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: file.path)
            let up = try await bench.run("cp", file.path, "box:/srv/", "--json")
            #expect(try up.json()["path"] as? String == "/srv/tool" && up.stderr.isEmpty)
            let listing = try await bench.run("dir", "box:/srv")
            #expect(listing.stdout.contains("0755  3.0 MB  ") && listing.stdout.contains("  tool"))

            let back = folder.appending(path: "back")
            let down = try await bench.run("cp", "box:/srv/tool", back.path)
            #expect(down.exitCode == 0 && down.stdout.isEmpty)
            #expect(try Data(contentsOf: back) == content)
            let mode = try FileManager.default.attributesOfItem(atPath: back.path)[.posixPermissions] as? Int
            #expect(mode == 0o755)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["back", "tool"])
        }
    }

    @Test func standardInputAndOutput() async throws {
        try await withBox { bench, _ in
            let stored = try await bench.run("cp", "-", "box:/a", input: Data("hello".utf8))
            #expect(stored.exitCode == 0)
            #expect(try await bench.run("cp", "box:/a", "-").stdout == "hello")
        }
    }

    @Test func directoriesGoBothWays() async throws {
        try await withBox { bench, folder in
            let source = folder.appending(path: "project")
            try FileManager.default.createDirectory(
                at: source.appending(path: "deep"),
                withIntermediateDirectories: true
            )
            try Data("x".utf8).write(to: source.appending(path: "deep/file"))
            try FileManager.default.createSymbolicLink(
                atPath: source.appending(path: "link").path,
                withDestinationPath: "deep"
            )

            // As with cp -r: a new name becomes the copy, an existing directory takes it in, /. means the contents.
            #expect(try await bench.run("cp", source.path, "box:/new").exitCode == 0)
            #expect(try await bench.run("cp", source.path, "box:/new").exitCode == 0)
            #expect(try await bench.run("cp", source.path + "/.", "box:/flat").exitCode == 0)
            let tree = try await bench.run("exec", "box", "find . -type f -o -type l | sort")
            #expect(
                tree.stdout.split(separator: "\n") == [
                    "./flat/deep/file", "./flat/link", "./new/deep/file", "./new/link", "./new/project/deep/file",
                    "./new/project/link",
                ]
            )

            let out = folder.appending(path: "out")
            #expect(try await bench.run("cp", "box:/flat", out.path).exitCode == 0)
            #expect(try await bench.run("cp", "box:/flat", out.path).exitCode == 0)
            #expect(try String(contentsOf: out.appending(path: "deep/file"), encoding: .utf8) == "x")
            #expect(try String(contentsOf: out.appending(path: "flat/link/file"), encoding: .utf8) == "x")
        }
    }

    /// A tar that fails midway must not leave half a directory behind as if it were whole.
    @Test func aDirectoryThatCannotBePackedIsAFailure() async throws {
        try await withBox { bench, folder in
            let source = folder.appending(path: "source")
            try FileManager.default.createDirectory(at: source, withIntermediateDirectories: true)
            let tools = folder.appending(path: "tools")
            try FileManager.default.createDirectory(at: tools, withIntermediateDirectories: true)
            let tar = tools.appending(path: "tar")
            try Data("#!/bin/sh\n/bin/tar -cf - -C / etc/hostname; exit 2\n".utf8).write(to: tar)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: tar.path)
            let environment = bench.environment.merging(["PATH": tools.path]) { $1 }
            let run = try await CommandLineRun(["cp", source.path, "box:/copy"], environment: environment)
            #expect(run.exitCode == 74 && run.stderr.contains("tar failed"))
            let listing = try await bench.run("exec", "box", "find copy")
            #expect(listing.exitCode != 0, "\(listing.stdout)")
        }
    }

    @Test func pipesAndDevicesAreRefusedInsteadOfWaitedFor() async throws {
        try await withBox { bench, folder in
            let pipe = folder.appending(path: "pipe").path
            try #require(mkfifo(pipe, 0o600) == 0)
            let fifo = try await bench.run("cp", pipe, "box:/x")
            #expect(fifo.exitCode == 64 && fifo.stderr.contains("is a pipe, not a file"))
            #expect(fifo.stderr.contains("sandfleet cp - <sandbox>:<path>"))
            let device = try await bench.run("cp", "/dev/zero", "box:/x")
            #expect(device.exitCode == 64 && device.stderr.contains("is a device, not a file"))
            _ = try await bench.run("cp", "-", "box:/x", input: Data("x".utf8))
            for target in [pipe, "/dev/null"] {
                let onto = try await bench.run("cp", "box:/x", target)
                #expect(onto.exitCode == 64 && onto.stderr.contains("not a file"))
            }
            #expect(try await bench.run("dir", "box:/").stdout.split(separator: "\n").count == 2)
        }
    }

    @Test func failuresSayWhy() async throws {
        try await withBox { bench, folder in
            #expect(try await bench.run("cp", "a", "b").exitCode == 64)
            #expect(try await bench.run("cp", "box:/a", "box:/b").exitCode == 64)
            let missing = try await bench.run("cp", folder.path + "/none", "box:/a")
            #expect(missing.exitCode == 74 && missing.stderr.contains("No such file"))
            let remote = try await bench.run("cp", "box:/none", folder.path)
            #expect(remote.exitCode == 1 && remote.stderr.contains("file_not_found"))
            try Data("data".utf8).write(to: folder.appending(path: "f"))
            let corrupt = try await bench.run("cp", folder.path + "/f", "box:/corrupt")
            #expect(corrupt.exitCode == 76)
            let unwritable = try await bench.run("cp", "box:/corrupt", "/nonexistent/x")
            #expect(unwritable.exitCode == 74)
        }
    }
}
