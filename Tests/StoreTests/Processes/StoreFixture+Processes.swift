import FleetTesting
import Foundation
import Model
import PostgresClient
import ServiceHost
import Store

extension StoreFixture {
    /// A sandbox that a worker serves, with its box.
    struct Served: Sendable {
        var sandbox: SandboxID
        var worker: WorkerID
        var epoch: UInt64
        var box: BoxID
    }

    func served() async throws -> Served {
        let id = try await created(sandbox()).id
        let worker = try await worker("w")
        let epoch = try await lease(id, for: worker).record.epoch
        let box = try await box(of: id, epoch: epoch)
        _ = try await warm(id, epoch: epoch)
        return Served(sandbox: id, worker: worker, epoch: epoch, box: box)
    }

    /// The same sandbox under another owner, its old one dead.
    func taken(_ served: Served) async throws -> Served {
        try await expireHeartbeat(of: served.worker)
        var next = served
        next.worker = try await worker("next")
        next.epoch = try await lease(served.sandbox, for: next.worker).record.epoch
        return next
    }

    func box(of sandbox: SandboxID, epoch: UInt64) async throws -> BoxID {
        let box = BoxID.now()
        let isIntended = try await store.intendBox(
            box,
            of: sandbox,
            epoch: epoch,
            provider: "local",
            binding: ("host", "here"),
            deadline: 10,
            actor: "test"
        )
        guard isIntended else { throw FixtureError("no box intended") }
        return box
    }

    func command(_ command: String) -> NewProcess {
        NewProcess(id: .now(), command: command, arguments: [])
    }

    func start(_ process: NewProcess, in served: Served) async throws -> ProcessInsertion {
        try await store.startProcess(process, in: served.sandbox, epoch: served.epoch, box: served.box)
    }

    /// Starts, or fails the test.
    @discardableResult
    func started(_ process: NewProcess, in served: Served) async throws -> ProcessRecord {
        guard case .inserted(let record) = try await start(process, in: served) else {
            throw FixtureError("not started")
        }
        return record
    }

    func observed(
        _ process: NewProcess,
        in sandbox: SandboxID,
        startedAt: Date? = nil
    ) async throws -> ProcessRecord {
        let outcome = try await store.observeProcess(process, in: sandbox, workspace: workspace, startedAt: startedAt)
        guard case .inserted(let record) = outcome else { throw FixtureError("not observed") }
        return record
    }

    func end(
        _ process: ProcessID,
        of served: Served,
        as end: ProcessEnd,
        output: OutputTotals = OutputTotals()
    ) async throws -> ProcessRecord? {
        try await store.endProcess(process, epoch: served.epoch, as: end, output: output, actor: "worker/w")
    }

    func count(_ from: String) async throws -> Int {
        let rows = try await pool.query("select count(*) from \(from)")
        return try rows[0].get(0)
    }

    /// Until some statement waits for a row that another transaction holds.
    func waitForALock() async throws {
        try await eventually("a statement waits for a lock") {
            try await count(
                "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            ) > 0
        }
    }
}
