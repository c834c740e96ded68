import ContractServer
import FleetTesting
import Foundation
import Glibc
import Testing

@Suite(.timeLimit(.minutes(3))) struct AgentsCommandTests {
    @Test func machinesAreListedAndChanged() async throws {
        try await Bench.with { bench in
            let listed = try await bench.run("agents").stdout.split(separator: "\n")
            #expect(listed.count == 3 && listed[0].hasPrefix("ID  ") && listed[1].contains("  attic     offline  "))
            #expect(listed[2].contains("  workshop  online   workshop.lan  3  ") && listed[2].hasSuffix("gpu=yes"))
            #expect(try await bench.run("agents", "ls", "--state", "online").stdout.split(separator: "\n").count == 2)
            #expect(try await bench.run("agents", "ls", "--label", "gpu=no", "--json").line == #"{"items":[]}"#)
            let shown = try await bench.run("agents", "get", "workshop").stdout
            #expect(shown.contains("root:         /srv/work") && shown.contains("allows:       commands, files"))
            #expect(try await bench.run("agents", "rename", "workshop", "shed").line == "shed")
            let labelled = try await bench.run("agents", "label", "shed", "site=attic", "gpu-")
            #expect(labelled.line == "site=attic")
            #expect(try await bench.run("agents", "label", "shed", "site").exitCode == 64)
            let unknown = try await bench.run("agents", "get", "workshop")
            #expect(unknown.exitCode == 1 && unknown.stderr.contains("'sandfleet agents'"))
            let id = try await bench.run("agents", "delete", "shed").line
            #expect(id.count == 26)
            let gone = try await bench.run("agents", "get", id)
            #expect(gone.exitCode == 1 && gone.stderr.contains("agent_not_found"))
        }
    }

    @Test func aTokenIsPrintedAsTheLineToPaste() async throws {
        try await Bench.with { bench in
            let line = try await bench.run("agents", "enroll", "--name", "x", "--label", "a=b", "--expires-in", "1d").line
            #expect(line.hasPrefix("sandfleet agent enroll --url \(bench.server.url) --token sfe_"))
            let listed = try await bench.run("agents", "enrollments").stdout.split(separator: "\n")
            #expect(listed.count == 2 && listed[1].contains("  x     pending  ") && listed[1].hasSuffix("a=b"))
            #expect(!listed[1].contains("sfe_"))
            let id = String(listed[1].prefix(26))
            #expect(try await bench.run("agents", "enrollments", "revoke", id).line == id)
            #expect(try await bench.run("agents", "enrollments", "ls").stdout.contains("revoked"))
            #expect(try await bench.run("agents", "enrollments", "revoke", "nothing").exitCode == 1)
        }
    }

    @Test func sandboxesAreMadeOnMachines() async throws {
        try await Bench.with { bench in
            let items = try await bench.run("agents", "--json").json()["items"] as? [[String: Any]]
            let workshop = try #require(items?.first { $0["name"] as? String == "workshop" }?["id"] as? String)
            for agent in ["workshop", workshop, "gpu=yes"] {
                let made = try await bench.run("create", "--provider", "selfhosted", "--agent", agent, "--json").json()
                #expect(made["agent"] as? String == workshop)
            }
            let offline = try await bench.run("create", "--provider", "selfhosted", "--agent", "attic")
            #expect(offline.exitCode == 1 && offline.stderr.contains("agent_offline"))
            let nobody = try await bench.run("create", "--provider", "selfhosted", "--agent", "nobody")
            #expect(nobody.exitCode == 1 && nobody.stderr.contains("sandfleet agents"))
        }
    }

    @Test func theMachinesOwnProgramIsTheOneBesideThis() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "agent-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // Written by others: what this process has open for writing, a child that is being started has too, and then
        // nobody can execute it.
        let original = try RunningCommandLine.products.appending(path: "sandfleet").path
        try await Tool.run("/bin/cp", [original, folder.appending(path: "sandfleet").path])
        let missing = try await CommandLineRun(["agent", "status"], from: folder)
        #expect(missing.exitCode == 74 && missing.stderr.contains("'agent' is not beside 'sandfleet'"))
        let program = folder.appending(path: "agent").path
        let script = "printf '#!/bin/sh\\necho \"$*\"; exit 7\\n' > \"$0\" && chmod 755 \"$0\""
        try await Tool.run("/bin/sh", ["-c", script, program])
        let run = try await CommandLineRun(["agent", "enroll", "--url", "x", "--", "-v"], from: folder)
        #expect(run.exitCode == 7 && run.line.hasPrefix("enroll --url x"))
    }
}
