import FleetTesting
import Model
import PostgresClient
import ServiceHost
import Store
import Testing

/// Starts against what ends the serving (rule 8), and ends against what takes the lease (rule 1).
struct ProcessRaceTests {
    /// Every start is refused, or seen by the read that follows the drain; nothing is in between.
    @Test func startsAgainstADrain() async throws {
        try await StoreFixture.with { fixture in
            for _ in 0..<60 {
                let served = try await fixture.served()
                let begun = Tally()
                let seen = Tally()
                let inserted = try await withThrowingTaskGroup(of: [ProcessID].self) { group in
                    for _ in 0..<4 {
                        group.addTask {
                            var ids: [ProcessID] = []
                            while case .inserted(let record) = try await fixture.start(fixture.command("true"), in: served) {
                                ids.append(record.id)
                                await begun.add([record.id])
                            }
                            return ids
                        }
                    }
                    group.addTask {
                        while await begun.ids.count < 4 {
                            try Task.checkCancellation()
                            await Task.yield()
                        }
                        let drained = try await fixture.store.beginDraining(
                            served.sandbox,
                            epoch: served.epoch,
                            intent: .pause,
                            reason: nil,
                            actor: "w"
                        )
                        #expect(drained?.leaseState == .draining)
                        let running = try await fixture.store.runningProcesses(of: served.sandbox, epoch: served.epoch)
                        await seen.add(running.map(\.id))
                        return []
                    }
                    return try await group.reduce(into: []) { $0 += $1 }
                }
                #expect(await seen.ids == Set(inserted))
            }
        }
    }

    /// What ends the serving waits for a start on its way, and then knows its process.
    @Test(arguments: Taking.allCases)
    func aStartOnItsWayIsNotForgotten(_ taking: Taking) async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            try await taking.prepare(fixture, served)
            let start = try await OpenStart(fixture, served)
            async let taken = taking.run(fixture, served)
            try await fixture.waitForALock()
            try await start.commit()
            let epoch = try await taken
            let row = try #require(try await fixture.store.process(start.process, in: fixture.workspace))
            switch taking {
            case .acquire, .drain, .release:
                #expect(row.isRunning && row.epoch == epoch)
                #expect(try await fixture.store.runningProcesses(of: served.sandbox, epoch: epoch).map(\.id) == [row.id])
            case .settle:
                #expect(row.status == .lost && row.reason == "sandbox_stopped")
            }
        }
    }

    /// A start that comes while the serving ends waits for that, and is refused.
    @Test func aStartWaitsForADrainOnItsWay() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let connection = try await PostgresConnection.open(.init(connectionString: fixture.postgres.url))
            try await connection.executeScript("begin")
            _ = try await connection.query("select from sandboxes where id = $1 for update", [served.sandbox.rawValue])
            async let outcome = fixture.start(fixture.command("true"), in: served)
            try await fixture.waitForALock()
            _ = try await connection.query(
                "update sandboxes set lease_state = 'draining' where id = $1",
                [served.sandbox.rawValue]
            )
            try await connection.executeScript("commit")
            guard case .leaseLost = try await outcome else {
                Issue.record("a start slipped past the drain")
                return
            }
            #expect(try await fixture.count("processes") == 0)
            await connection.close()
        }
    }

    /// Whoever comes first has it: a process ends once, or goes to the new owner running.
    @Test func endsAgainstAnAcquisition() async throws {
        try await StoreFixture.with { fixture in
            var endings = 0
            for _ in 0..<40 {
                let old = try await fixture.served()
                let ids = try await [0, 1, 2, 3]
                    .asyncMap { _ in
                        try await fixture.started(fixture.command("true"), in: old).id
                    }
                let (ended, new) = try await withThrowingTaskGroup(of: ProcessID?.self) { group in
                    for id in ids {
                        group.addTask {
                            let record = try await fixture.end(id, of: old, as: ProcessEnd(.exited, exitCode: 0))
                            #expect(record.map { $0.status == .exited } ?? true)
                            return record?.id
                        }
                    }
                    let new = try await fixture.taken(old)
                    return (try await group.reduce(into: Set<ProcessID>()) { if let id = $1 { $0.insert(id) } }, new)
                }
                endings += ended.count
                let running = try await fixture.store.runningProcesses(of: new.sandbox, epoch: new.epoch)
                #expect(Set(running.map(\.id)) == Set(ids).subtracting(ended))
            }
            #expect(try await fixture.count("outbox where kind = 'process.exited'") == endings)
        }
    }
}

/// What may take a sandbox out of its owner's hands.
enum Taking: CaseIterable, Sendable {
    case acquire, drain, release, settle

    func prepare(_ fixture: StoreFixture, _ served: StoreFixture.Served) async throws {
        if self == .acquire { try await fixture.expireHeartbeat(of: served.worker) }
    }

    /// - Returns: The epoch under which the processes are then.
    func run(_ fixture: StoreFixture, _ served: StoreFixture.Served) async throws -> UInt64 {
        let store = fixture.store
        switch self {
        case .acquire:
            return try await fixture.lease(served.sandbox, for: fixture.worker("next")).record.epoch
        case .drain:
            let drained = try await store.beginDraining(
                served.sandbox,
                epoch: served.epoch,
                intent: .stop,
                reason: nil,
                actor: "w"
            )
            #expect(drained != nil)
        case .release:
            #expect(try await store.release(served.sandbox, epoch: served.epoch, actor: "w", reason: "x"))
        case .settle:
            #expect(
                try await store.settle(served.sandbox, epoch: served.epoch, as: .stop, keepsBox: true, actor: "w")
            )
        }
        return served.epoch
    }
}

/// A start between its statement and its commit.
private struct OpenStart {
    let process = ProcessID.now()
    private let connection: PostgresConnection

    init(_ fixture: StoreFixture, _ served: StoreFixture.Served) async throws {
        connection = try await PostgresConnection.open(.init(connectionString: fixture.postgres.url))
        try await connection.executeScript("begin")
        let locked = try await connection.query(
            "select from sandboxes where id = $1 and epoch = $2 and lease_state = 'warm' for key share",
            [served.sandbox.rawValue, Int64(served.epoch)]
        )
        guard locked.count == 1 else { throw FixtureError("not served") }
        try await connection.execute(
            """
            insert into processes (id, sandbox_id, workspace_id, kind, mode, command, epoch, box_id)
            values ($1, $2, $3, 'command', 'foreground', 'true', $4, $5)
            """,
            [
                process.rawValue, served.sandbox.rawValue, fixture.workspace.rawValue, Int64(served.epoch),
                served.box.rawValue,
            ]
        )
    }

    func commit() async throws {
        try await connection.executeScript("commit")
        await connection.close()
    }
}

private actor Tally {
    private(set) var ids: Set<ProcessID> = []

    func add(_ more: [ProcessID]) { ids.formUnion(more) }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ body: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await body(element)) }
        return values
    }
}
