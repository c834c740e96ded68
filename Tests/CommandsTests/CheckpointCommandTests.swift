import ContractServer
import Foundation
import Testing

@Suite(.timeLimit(.minutes(3))) struct CheckpointCommandTests {
    @Test func aCheckpointsLife() async throws {
        try await Bench.withBox { bench in
            _ = try await bench.run("exec", "box", "echo one > file")
            let made = try await bench.run("checkpoint", "create", "box", "-m", "before", "--expires-in", "7d")
            #expect(made.exitCode == 0 && made.line.count == 26 && made.stderr.isEmpty)
            // Without a word of what to do.
            let short = try await bench.run("checkpoint", "box", "--portable", "--json").json()
            #expect(short["format"] as? String == "portable" && short["expiresAt"] == nil)
            let third = try await bench.run("checkpoint", "box").line

            let listed = try await bench.run("checkpoint", "ls", "box").stdout.split(separator: "\n")
            #expect(listed.count == 4 && listed[0].hasPrefix("ID  ") && listed[1].hasPrefix(third))
            #expect(listed[3].hasPrefix(made.line) && listed[3].contains("  ready   native    4 B   "))
            #expect(listed[3].hasSuffix("before"))
            let items = try await bench.run("checkpoint", "ls", "--json").json()["items"] as? [[String: Any]]
            #expect(items?.count == 3 && items?.last?["comment"] as? String == "before")
            #expect(try await bench.run("checkpoint", "list", "--limit", "1").stdout.split(separator: "\n").count == 2)

            _ = try await bench.run("exec", "box", "echo two > file")
            #expect(try await bench.run("checkpoint", "restore", "box", made.line).line.hasSuffix(" is active"))
            #expect(try await bench.run("exec", "box", "cat file").line == "one")
            let fresh = try await bench.run("create", "--from-checkpoint", made.line).line
            #expect(try await bench.run("exec", fresh, "cat file").line == "one")
            let fork = try await bench.run("fork", "box", "--name", "fork", "--checkpoint", third, "--tag", "a=b", "--json")
            #expect(try fork.json()["name"] as? String == "fork")
            #expect(try await bench.run("exec", "fork", "cat file").line == "one")
            #expect(try await bench.run("fork", "fork").line.count == 26)

            #expect(try await bench.run("checkpoint", "rm", made.line, third).stdout == "\(made.line)\n\(third)\n")
            #expect(try await bench.run("checkpoint", "ls").stdout.split(separator: "\n").count == 2)
            // What is gone is told when the rest fails.
            let last = try await bench.run("checkpoint", "box").line
            let partly = try await bench.run("checkpoint", "rm", last, made.line)
            #expect(partly.exitCode == 1 && partly.line == last)
            // A name that is mistyped removes nothing.
            #expect(try await bench.run("rm", "box", "nobody").exitCode == 1)
            #expect(try await bench.run("get", "box").exitCode == 0)
        }
    }

    @Test func wrongInputIsExplained() async throws {
        try await Bench.withBox { bench in
            let unknown = try await bench.run("checkpoint", "restore", "box", "nothing")
            #expect(unknown.exitCode == 1 && unknown.stderr.contains("sandfleet checkpoint ls"))
            #expect(unknown.stderr.contains("checkpoint_not_found") && !unknown.stderr.contains("/v1/"))
            #expect(try await bench.run("checkpoint", "rm", "nothing").exitCode == 1)
            #expect(try await bench.run("checkpoint", "rm").exitCode == 64)
            #expect(try await bench.run("create", "--from-checkpoint", "nothing").exitCode == 1)
            #expect(try await bench.run("fork", "box", "--checkpoint", "nothing").stderr.contains("checkpoint ls"))
            let nobody = try await bench.run("checkpoint", "nobody")
            #expect(nobody.exitCode == 1 && nobody.stderr.contains("'nobody'"))
            let saving = try await bench.run("checkpoint", "box", "--comment", "odd-saving").line
            let early = try await bench.run("checkpoint", "restore", "box", saving)
            #expect(early.exitCode == 1 && early.stderr.contains("checkpoint_not_ready"))
            for arguments in [["checkpoint", "box", "--expires-in", "soon"], ["keepalive", "box", "1x"]] {
                let span = try await CommandLineRun(arguments, environment: bench.environment)
                #expect(span.exitCode == 64 && span.stderr.contains("Write a time as 500ms, 30s, 5m, 1h30m or 7d."))
            }
            #expect(try await bench.run("checkpoint", "ls", "--limit", "0").exitCode == 64)
        }
    }

    @Test func workspacesAsFilesAndPipes() async throws {
        try await Bench.withBox { bench in
            try await withFolder { folder in
                _ = try await bench.run("exec", "box", "echo one > file; mkdir d")
                let path = folder.appending(path: "box.tar.zst").path
                let written = try await bench.run("export", "box", "-o", path, "--json")
                #expect(try written.exitCode == 0 && (written.json()["bytes"] as? Int ?? 0) > 0)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["box.tar.zst"])
                _ = try await bench.run("create", "--name", "copy")
                _ = try await bench.run("exec", "copy", "echo old > old")
                #expect(try await bench.run("import", "copy", path).exitCode == 0)
                #expect(try await bench.run("exec", "copy", "cat old file").stdout == "old\none\n")
                let archive = try Data(contentsOf: URL(filePath: path))
                #expect(try await bench.run("import", "copy", "-", "--replace", input: archive).exitCode == 0)
                #expect(try await bench.run("exec", "copy", "ls").stdout == "d\nfile\n")
                let piped = try bench.start("export", "box")
                #expect(await piped.stdout.restOfBytes().prefix(4) == Data([0x28, 0xB5, 0x2F, 0xFD]))
                #expect(await piped.end() == 0)

                #expect(try await bench.run("import", "copy", folder.path).exitCode == 64)
                #expect(try await bench.run("import", "copy", "/nowhere").exitCode == 74)
                #expect(try await bench.run("export", "box", "-o", folder.path).exitCode == 64)
                let bad = try await bench.run("import", "copy", "-", input: Data("no archive".utf8))
                #expect(bad.exitCode == 1 && bad.stderr.contains("sandfleet export"))
                // A file that was there stays when the export breaks off.
                try await bench.server.cut(seed: 1, count: 1, reach: 500, routes: ["export"])
                while try await bench.server.cutsLeft() > 0 { _ = try await bench.run("export", "box", "-o", path) }
                #expect(try Data(contentsOf: URL(filePath: path)).count == archive.count)
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["box.tar.zst"])
            }
        }
    }
}
