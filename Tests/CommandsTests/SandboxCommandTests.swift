import ContractServer
import Foundation
import Testing

@Suite struct SandboxCommandTests {
    @Test func aSandboxesLife() async throws {
        try await Bench.with { bench in
            let created = try await bench.run(
                "create",
                "--name",
                "build",
                "--persistent",
                "--tag",
                "a=b",
                "--timeout",
                "2h"
            )
            #expect(created.exitCode == 0 && created.line.count == 26 && created.stderr.isEmpty)
            let listed = try await bench.run("ls")
            let row = try #require(listed.stdout.split(separator: "\n").last)
            #expect(row.hasPrefix("\(created.line)  build  local     active"))
            #expect(!listed.stdout.contains("\u{1B}"))

            let shown = try await bench.run("get", "build", "--json").json()
            #expect(shown["id"] as? String == created.line && shown["timeoutMs"] as? Int == 7_200_000)
            #expect(shown["persistent"] as? Bool == true && (shown["tags"] as? [String: String]) == ["a": "b"])
            #expect(try await bench.run("get", created.line).stdout.contains("TAGS        a=b"))

            #expect(try await bench.run("stop", "build").line == "\(created.line) is shutdown")
            let refused = try await bench.run("exec", "build", "true")
            #expect(refused.exitCode == 1 && refused.stderr.contains("sandbox_not_active"))
            // The fleet's own hint names a path of its API.
            #expect(refused.stderr.contains("sandfleet connect") && !refused.stderr.contains("/v1/"))
            #expect(try await bench.run("connect", "build").line == "\(created.line) is active")
            #expect(try await bench.run("rm", "build").line == created.line)
            #expect(try await bench.run("ls", "--json").line == #"{"items":[]}"#)
        }
    }

    @Test func failuresHaveTheirExitCodes() async throws {
        try await Bench.with { bench in
            let unknown = try await bench.run("get", "nobody")
            #expect(unknown.exitCode == 1 && unknown.stdout.isEmpty && unknown.stderr.contains("sandfleet ls"))
            let asJSON = try await bench.run("get", "0000000000000000000000000z", "--json")
            #expect(asJSON.exitCode == 1 && asJSON.stderr.contains(#""code":"sandbox_not_found""#))
            #expect(asJSON.stderr.contains(#""requestId":"req-1""#))
            #expect(try await bench.run("get").exitCode == 64)
            #expect(try await bench.run("create", "--timeout", "soon").exitCode == 64)
            #expect(try await bench.run("create", "--reuse").exitCode == 64)
            #expect(try await bench.run("ls", "--api-key", "wrong").exitCode == 77)
            #expect(try await bench.run("ls", "--url", bench.server.url + "/test/html?").exitCode == 76)
        }
        let unreachable = try await CommandLineRun(["ls", "--url", "http://127.0.0.1:1", "--api-key", "k"])
        #expect(unreachable.exitCode == 69 && unreachable.stderr.contains("sandfleet up"))
        let nowhere = try await CommandLineRun(["ls"])
        #expect(nowhere.exitCode == 78 && nowhere.stderr.contains("/nonexistent/.local/share/sandfleet/fleet.json"))
    }

    @Test func theFleetIsFoundByItsFile() async throws {
        try await Bench.with { bench in
            try await withFolder { folder in
                let document = ["url": bench.server.url, "apiKey": ContractServer.key]
                let data = try JSONEncoder().encode(document)
                try data.write(to: folder.appending(path: "fleet.json"))
                let home = folder.appending(path: "share/sandfleet")
                try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
                try data.write(to: home.appending(path: "fleet.json"))

                #expect(try await CommandLineRun(["ls", "--data", folder.path]).exitCode == 0)
                let byVariable = ["SANDFLEET_DATA": folder.path]
                #expect(try await CommandLineRun(["ls"], environment: byVariable).exitCode == 0)
                let byHome = ["XDG_DATA_HOME": folder.appending(path: "share").path]
                #expect(try await CommandLineRun(["ls"], environment: byHome).exitCode == 0)
                // The file's key is for the file's fleet alone.
                let elsewhere = ["ls", "--data", folder.path, "--url", "http://127.0.0.1:1"]
                #expect(try await CommandLineRun(elsewhere).exitCode == 78)
            }
        }
    }

    @Test func keysProvidersAndStatus() async throws {
        try await Bench.with { bench in
            #expect(try await bench.run("keys", "create", "ci", "--scope", "read").line == "secret-ci")
            let listed = try await bench.run("keys", "ls", "--json").json()
            let key = try #require((listed["items"] as? [[String: Any]])?.first)
            #expect(key["name"] as? String == "ci" && key["key"] == nil)
            #expect(try await bench.run("keys", "rm", try #require(key["id"] as? String)).exitCode == 0)
            #expect(try await bench.run("keys", "ls").stdout.split(separator: "\n").count == 1)
            let status = try await bench.run("status")
            #expect(status.exitCode == 0 && status.stdout.contains("is ready.") && status.stdout.contains("w1"))
            let providers = try await bench.run("providers").stdout.split(separator: "\n")
                .map { $0.split(separator: " ").joined(separator: " ") }
            #expect(providers.contains("local can.exec yes"))
            #expect(providers.contains("can.ports no: not forwarded"))
            #expect(providers.contains("default yes"))
        }
    }

    @Test func everyCommandHasHelpWithExamples() async throws {
        let commands = [
            "create", "ls", "get", "history", "connect", "keepalive", "drain", "stop", "rm", "exec", "shell", "ps", "logs",
            "wait", "kill", "cp", "dir", "fork", "export", "import", "sweep", "status", "providers", "keys create",
            "keys ls", "keys rm", "checkpoint create", "checkpoint ls", "checkpoint restore", "checkpoint rm",
        ]
        .map { $0.split(separator: " ").map(String.init) }
        for command in commands {
            let help = try await CommandLineRun(command + ["--help"])
            #expect(help.exitCode == 0 && help.stdout.contains("$ sandfleet \(command.joined(separator: " "))"))
            #expect(help.stdout.contains("--json"), "\(command)")
        }
    }
}
