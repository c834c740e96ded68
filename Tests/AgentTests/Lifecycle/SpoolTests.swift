import Fleet
import FleetTesting
import Glibc
import Model
import Testing
import Wire

@testable import Agent

/// Output that waits on the machine's disk while nobody asks for it.
@Suite(.serialized) struct SpoolTests {
    /// Makes a file in the sandbox; its bytes.
    private func makeFile(_ mebibytes: Int, _ fixture: AgentFixture, _ caller: AgentCaller) async throws -> [UInt8] {
        try await caller.start("make", "/bin/sh", "-c", "head -c \(mebibytes << 20) /dev/urandom > data")
        #expect(try await caller.collect("make").exit.code == 0)
        let bytes = try #require(LocalFile.read(fixture.root + "/box/data", limit: mebibytes << 20))
        #expect(bytes.count == mebibytes << 20)
        return bytes
    }

    /// Bytes of the sandbox's files.
    private func spooled(_ fixture: AgentFixture, _ caller: AgentCaller) -> Int {
        let folder = "\(fixture.state)/sandboxes/\(caller.sandbox)/spool"
        return LocalFile.names(in: folder)
            .reduce(0) { sum, name in
                var status = stat()
                return stat("\(folder)/\(name)", &status) == 0 ? sum + Int(status.st_size) : sum
            }
    }

    private func isRunning(_ id: String, _ caller: AgentCaller) async throws -> Bool {
        try await caller.ask { $0.processes = WireAgentProcesses() }.processes.processes
            .contains { $0.processID == id && $0.running }
    }

    @Test func aProgramThatNobodyReadsEndsAndIsReadLater() async throws {
        try await AgentFixture.with(configuration: #"{"root": "ROOT", "spoolMb": 64}"#) { fixture in
            let first = try await fixture.start()
            var caller = AgentCaller(client: fixture.client, subject: first.subject)
            try await caller.open()
            // The agent itself holds no more than one.
            let data = try await makeFile(6, fixture, caller)
            try await caller.start("writer", "cat", "data")
            try await eventually("it has ended") { try await !isRunning("writer", caller) }
            #expect(spooled(fixture, caller) > 4 << 20)
            first.process.signal(SIGKILL)
            _ = try await first.process.ended()
            try await fixture.withRun(after: [first.instance.rawValue]) { run in
                caller = AgentCaller(client: fixture.client, subject: run.subject)
                #expect(try await !caller.open().isFresh)
                let output = try await caller.collect("writer")
                let isWhole = output.stdout == data
                #expect(isWhole && output.exit.code == 0)
                _ = try await caller.ask { $0.release.processID = "writer" }
                try await eventually("the disk is given back") { spooled(fixture, caller) == 0 }
            }
        }
    }

    /// The configuration's bound holds, and what a keeper takes with it into its grave is only its own.
    @Test func aProgramWaitsBeyondTheBoundAndADeadKeepersFilesGo() async throws {
        try await AgentFixture.with(configuration: #"{"root": "ROOT", "spoolMb": 2}"#) { fixture in
            try await fixture.withRun { run in
                let caller = AgentCaller(client: fixture.client, subject: run.subject)
                try await caller.open()
                let data = try await makeFile(5, fixture, caller)
                try await caller.start("writer", "cat", "data")
                try await eventually("the bound is reached") { spooled(fixture, caller) == 2 << 20 }
                #expect(try await isRunning("writer", caller))
                let output = try await caller.collect("writer")
                let isWhole = output.stdout == data
                #expect(isWhole)
                // Another one, which nobody will ever read.
                try await caller.start("lost", "cat", "data")
                try await eventually("the bound is reached") { spooled(fixture, caller) == 2 << 20 }
                _ = try await caller.ask { $0.makeDirectory.path = "stays" }
                kill(try #require(keeper(fixture)), SIGKILL)
                try await eventually("the keeper is missed") {
                    do {
                        _ = try await caller.ask { $0.processes = WireAgentProcesses() }
                        return false
                    } catch let fault as Fault {
                        return fault.details["reason"] == "keeper_died"
                    }
                }
                let again = try await caller.open()
                #expect(again.isFresh && again.lostReason == "keeper_died")
                #expect(spooled(fixture, caller) == 0)
                #expect(try await caller.ask { $0.stat.path = "stays" }.file.type == .directory)
            }
        }
    }

    private func keeper(_ fixture: AgentFixture) -> Int32? {
        fixture.log.split(separator: "\n").last { $0.contains("\"keeper.started\"") }?
            .split(separator: "\"pid\":").last?
            .split(separator: ",").first.flatMap { Int32($0) }
    }
}
