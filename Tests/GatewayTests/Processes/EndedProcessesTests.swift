import HTTPTypes
import Logging
import Model
import NIOConcurrencyHelpers
import Testing

@testable import Gateway
@testable import Store

@Suite("Waiting for ends", .timeLimit(.minutes(1)))
struct EndedProcessesTests {
    /// Runs waits on a fleet in memory; a row is read at signals only, unless the look is short.
    private func with(
        look: Duration = .seconds(600),
        _ body: @Sendable (EndedProcesses, MemoryFleet) async throws -> Void
    ) async throws {
        let fleet = MemoryFleet(workspace: ID.new())
        let ended = EndedProcesses(signals: fleet, logger: Logger(label: "test"), look: look) { process, workspace in
            try await fleet.process(process, in: workspace)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await ended.run() }
            defer { group.cancelAll() }
            try await body(ended, fleet)
        }
    }

    private func wait(
        _ ended: EndedProcesses,
        _ process: ProcessRecord,
        _ time: Duration = .seconds(600)
    ) async throws -> ProcessRecord? {
        try await ended.end(of: process.id, in: process.workspace, within: time)
    }

    @Test func anEndIsToldToAllWhoWaitByOneListeningAndOneLook() async throws {
        try await with { ended, fleet in
            let process = fleet.add()
            try await withThrowingTaskGroup(of: ProcessRecord?.self) { group in
                for _ in 0..<200 { group.addTask { try await wait(ended, process) } }
                while fleet.reads == 0 || fleet.listening == 0 { await Task.yield() }
                fleet.end(process.id)
                for try await record in group { #expect(record?.status == .exited) }
            }
            #expect(fleet.listens <= 3 && fleet.reads < 20)
            // A wait that comes late finds the end in the row.
            let found = try await wait(ended, process)
            #expect(found?.status == .exited)
        }
    }

    @Test func anEndBeforeTheListeningIsFoundInTheRow() async throws {
        try await with { ended, fleet in
            let process = fleet.add()
            fleet.end(process.id, signal: false)
            let found = try await wait(ended, process)
            #expect(found?.status == .exited)
            while fleet.listening > 0 { await Task.yield() }
        }
    }

    @Test func aLostSignalIsMadeUpForByALook() async throws {
        try await with(look: .milliseconds(20)) { ended, fleet in
            let process = fleet.add()
            async let record = wait(ended, process)
            while fleet.reads == 0 { await Task.yield() }
            fleet.end(process.id, signal: false)
            let found = try await record
            #expect(found?.status == .exited)
        }
    }

    @Test func aSignalWithoutAnEndIsWaitedFurther() async throws {
        try await with { ended, fleet in
            let process = fleet.add()
            async let record = wait(ended, process)
            for round in 1...3 {
                while fleet.reads < round || fleet.listening == 0 { await Task.yield() }
                fleet.tell(process.id)
            }
            while fleet.reads < 4 { await Task.yield() }
            fleet.end(process.id)
            let found = try await record
            #expect(found?.status == .exited)
        }
    }

    @Test func theTimeEndsTheWaitAndTheListening() async throws {
        try await with { ended, fleet in
            let process = fleet.add()
            let found = try await wait(ended, process, .milliseconds(20))
            #expect(found == nil)
            while fleet.listening > 0 || fleet.listens == 0 { await Task.yield() }
        }
    }

    @Test func whoLeavesEndsNobodyElsesWait() async throws {
        try await with { ended, fleet in
            let process = fleet.add()
            async let stays = wait(ended, process)
            await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 { group.addTask { _ = try await wait(ended, process) } }
                while fleet.listening == 0 { await Task.yield() }
                group.cancelAll()
                while let outcome = await group.nextResult() {
                    #expect(throws: CancellationError.self) { try outcome.get() }
                }
            }
            fleet.end(process.id)
            let found = try await stays
            #expect(found?.status == .exited)
        }
    }

    @Test func aProcessThatIsNotThereIsNotWaitedFor() async throws {
        try await with { ended, fleet in
            let found = try await ended.end(of: ID.new(), in: fleet.workspace, within: .seconds(600))
            #expect(found == nil)
        }
    }

    @Test func theGatewaysEndIsTheEndOfTheWait() async throws {
        let fleet = MemoryFleet(workspace: ID.new())
        let process = fleet.add()
        let ended = EndedProcesses(signals: fleet, logger: Logger(label: "test")) { try await fleet.process($0, in: $1) }
        let running = Task { await ended.run() }
        async let record = wait(ended, process)
        while fleet.listening == 0 { await Task.yield() }
        running.cancel()
        let found = try await record
        let later = try await wait(ended, process)
        #expect(found == nil && later == nil)
    }

    @Test func waitIsAnsweredOverHTTP() async throws {
        let test = try TestGateway()
        try await test.running {
            let process = test.processes.add()
            let path = "/v1/processes/\(process.id)/wait"
            let short = try await test.send(.post, "\(path)?timeoutMs=10")
            #expect(short.status == 200 && short.json["status"] == "running")
            async let long = test.send(.post, "\(path)?timeoutMs=300000")
            while test.processes.listening == 0 { await Task.yield() }
            test.processes.end(process.id)
            let end = try await long
            #expect(end.json["status"] == "exited" && end.json["exitCode"] == 0)
            #expect(try Contract().violations(of: end.json, against: "Process") == [])
            for query in ["timeoutMs=-1", "timeoutMs=300001", "timeoutMs=x", "x=1"] {
                let refused = try await test.send(.post, "\(path)?\(query)")
                #expect(refused.status == 400, "\(query)")
            }
        }
    }
}
