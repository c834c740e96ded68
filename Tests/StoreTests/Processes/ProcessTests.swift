import FleetTesting
import Foundation
import Model
import PostgresClient
import ServiceHost
import Store
import Testing

struct ProcessTests {
    @Test func aRowIsCommittedAndEnded() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            var process = NewProcess(id: .now(), command: "make", arguments: ["-j", "a \"b\" \\ ,{}", "", "ü\n"])
            process.kind = .testRunner
            process.mode = .background
            process.cwd = "/srv"
            process.storedLimit = 4096
            process.killsAtLimit = true
            process.hasTerminal = true
            process.timeoutMs = 5000
            process.operation = "op"
            process.requestHash = [UInt8](repeating: 7, count: 32)
            process.metadata = ["k": "v"]
            process.externalID = "17"
            let started = try await fixture.started(process, in: served)
            #expect(started.workspace == fixture.workspace && started.provider == "local" && started.isRunning)
            // What the verb made up in memory is what the row says.
            #expect(try await fixture.store.process(process.id, in: fixture.workspace) == started)
            #expect(try await fixture.store.process(ofOperation: "op", in: served.sandbox) == started)
            #expect(try await fixture.store.runningProcesses(of: served.sandbox, epoch: served.epoch) == [started])

            let end = ProcessEnd(.exited, exitCode: 3, message: "m", outputOpen: true)
            let totals = OutputTotals(stdoutBytes: 10, stderrBytes: 4, chunkCount: 5, streamFirst: 100, streamLast: 101)
            let ended = try #require(try await fixture.end(process.id, of: served, as: end, output: totals))
            #expect(ended.status == .exited && ended.exitCode == 3 && ended.outputOpen && ended.message == "m")
            #expect(ended.stdoutBytes == 10 && ended.stderrBytes == 4 && ended.chunkCount == 5)
            #expect(ended.streamFirst == 100 && ended.streamLast == 101)
            #expect(try #require(ended.exitedAt) >= ended.startedAt)
            #expect(try await fixture.store.process(process.id, in: fixture.workspace) == ended)
            #expect(try await fixture.store.runningProcesses(of: served.sandbox, epoch: served.epoch).isEmpty)
        }
    }

    @Test func theFirstEndStands() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let id = try await fixture.started(fixture.command("true"), in: served).id
            let first = try await fixture.end(id, of: served, as: ProcessEnd(.killed, signal: "KILL", reason: "timeout"))
            let second = try await fixture.end(
                id,
                of: served,
                as: ProcessEnd(.exited, exitCode: 0),
                output: OutputTotals(stdoutBytes: 1)
            )
            #expect(first?.status == .killed && first?.signal == "KILL" && first?.reason == "timeout")
            #expect(second == first)
            // Nor does anything else change it afterwards.
            #expect(try await !fixture.store.processStarted(id, epoch: served.epoch, externalID: "9"))
            #expect(try await fixture.store.process(id, in: fixture.workspace) == first)
        }
    }

    @Test func manyWhoEndItAtOnceAgree() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            for _ in 0..<20 {
                let id = try await fixture.started(fixture.command("true"), in: served).id
                let ends = try await withThrowingTaskGroup(of: ProcessRecord?.self) { group in
                    for code in 0..<6 {
                        group.addTask {
                            try await fixture.end(id, of: served, as: ProcessEnd(.exited, exitCode: Int32(code)))
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let codes = Set(ends.map { $0?.exitCode })
                #expect(codes.count == 1 && !codes.contains(nil))
                #expect(ends.allSatisfy { $0?.status == .exited })
            }
            #expect(try await fixture.count("outbox where kind = 'process.exited'") == 20)
        }
    }

    @Test func oneOperationIsOneProcessHoweverManyAskAtOnce() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            for round in 0..<20 {
                let outcomes = try await withThrowingTaskGroup(of: ProcessInsertion.self) { group in
                    for _ in 0..<6 {
                        var process = fixture.command("true")
                        process.operation = "op-\(round)"
                        process.requestHash = [UInt8](repeating: 1, count: 32)
                        group.addTask { [process] in try await fixture.start(process, in: served) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                var inserted: [ProcessID] = []
                var named: Set<ProcessID> = []
                for outcome in outcomes {
                    switch outcome {
                    case .inserted(let record):
                        inserted.append(record.id)
                        named.insert(record.id)
                    case .existing(let record): named.insert(record.id)
                    default: Issue.record("unexpected outcome \(outcome)")
                    }
                }
                #expect(inserted.count == 1)
                #expect(named == Set(inserted))
            }
        }
    }

    @Test func anOperationWithAnotherBodyConflicts() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            var process = fixture.command("true")
            process.operation = "op"
            process.requestHash = [UInt8](repeating: 1, count: 32)
            let first = try await fixture.started(process, in: served)
            // The same row again is no other process.
            guard case .existing(let same) = try await fixture.start(process, in: served) else {
                Issue.record("the row was not found again")
                return
            }
            #expect(same == first)
            var other = fixture.command("false")
            other.operation = "op"
            other.requestHash = [UInt8](repeating: 2, count: 32)
            guard case .conflict(let holder) = try await fixture.start(other, in: served) else {
                Issue.record("no conflict")
                return
            }
            #expect(holder == first)
            // Elsewhere the name is free.
            let elsewhere = try await fixture.served()
            try await fixture.started(other, in: elsewhere)
        }
    }

    @Test func whatCannotBeStoredIsLeftOutAndNothingIsTooLong() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let argument = String(repeating: "ab\"\\ ", count: 200_000)
            var process = NewProcess(id: .now(), command: "ec\0ho", arguments: ["\0a", argument])
            process.metadata = ["k\0": "\0v"]
            process.cwd = "/a\0"
            let started = try await fixture.started(process, in: served)
            #expect(started.command == "echo" && started.arguments == ["a", argument] && started.metadata == ["k": "v"])
            #expect(try await fixture.store.process(process.id, in: fixture.workspace) == started)
            let ended = try await fixture.end(
                process.id,
                of: served,
                as: ProcessEnd(.failed, reason: "start_failed", message: "no\0pe")
            )
            #expect(ended?.message == "nope")
        }
    }

    @Test func secretsAreSealedAtRest() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            var process = fixture.command("true")
            process.environment = ["TOKEN": "sk-very-secret-value"]
            process.webhook = .init(url: "https://example.org/", secret: "sk-hook-secret")
            let record = try await fixture.started(process, in: served)
            let dump = try await fixture.postgres.sql(
                """
                select p::text || encode(env_sealed, 'escape') || w::text || encode(secret_sealed, 'escape')
                from processes p join webhooks w on w.process_id = p.id
                """
            )
            #expect(dump.contains(record.id.rawValue))
            for secret in ["TOKEN", "sk-very-secret-value", "sk-hook-secret"] { #expect(!dump.contains(secret)) }
        }
    }

    @Test func outputCanStallAndComeBackButNotFromTheArchive() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let id = try await fixture.started(fixture.command("true"), in: served).id
            let store = fixture.store
            func state() async throws -> OutputState? { try await store.process(id, in: fixture.workspace)?.outputState }
            #expect(try await store.setOutputState(id, epoch: served.epoch, to: .stalled))
            #expect(try await state() == .stalled)
            #expect(try await store.setOutputState(id, epoch: served.epoch, to: .ok))
            _ = try await fixture.end(id, of: served, as: ProcessEnd(.exited, exitCode: 0))
            try await store.outputArchived(id, as: .archived)
            #expect(try await !store.setOutputState(id, epoch: served.epoch, to: .ok))
            #expect(try await state() == .archived)
        }
    }
}
