import FleetTesting
import Glibc
import Testing

@testable import Agent

@Suite struct RecordTests {
    @Test func recordsAreReadAsTheyWereWritten() throws {
        var record = SandboxRecord(epoch: .max, keeper: nil)
        #expect(SandboxRecord(try JSON(Array(record.json.readableText.utf8))) == record)
        record.keeper = KeeperRecord(id: "k", process: nil, bootID: "b", directory: "/d \"e\"", isIsolated: true)
        #expect(SandboxRecord(try JSON(Array(record.json.text.utf8))) == record)
        record.keeper?.process = ProcessIdentity(pid: 7, startTime: .max - 1, bootID: "b")
        #expect(SandboxRecord(try JSON(Array(record.json.text.utf8))) == record)
        record.keeper?.attempt = "a"
        record.keeper?.lostReason = "machine_rebooted"
        #expect(SandboxRecord(try JSON(Array(record.json.text.utf8))) == record)
        #expect(SandboxRecord(["keeper": .null]) == nil)
        // As an agent wrote it that did not know what opened a keeper.
        let older: JSON = ["epoch": "3", "keeper": ["id": "k", "boot": "b", "directory": "/d", "isolated": .bool(false)]]
        #expect(SandboxRecord(older)?.keeper?.attempt == "")
    }

    @Test func aProcessIsKnownByItsStartToo() throws {
        let own = try #require(ProcessIdentity(pid: getpid()))
        #expect(own.isAlive)
        var other = own
        other.startTime += 1
        #expect(!other.isAlive)
        other = own
        other.bootID = "another"
        #expect(!other.isAlive)
    }
}

@Suite struct MachineIdentityTests {
    /// It stays, and is no longer than gateways take.
    @Test func aMachineIsTheSameEachTime() async throws {
        try await withTemporaryDirectory { folder in
            let paths = AgentPaths(configuration: folder, state: folder)
            let machine = try MachineIdentity.load(paths)
            #expect((32...64).contains(machine.utf8.count))
            #expect(try MachineIdentity.load(paths) == machine)
        }
    }
}
