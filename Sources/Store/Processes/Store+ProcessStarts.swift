import FoundationEssentials
package import Model
import PostgresClient

/// An owner's writes about processes: fenced by the sandbox's epoch.
extension Store {
    /// Commits the row of a process that is about to start, unless its operation has one already.
    ///
    /// One statement: it locks the sandbox's row `for key share`, and needs the epoch and a lease state of `warm`. So it
    /// waits for who ends the serving, and is refused then (rule 8).
    package func startProcess(
        _ process: NewProcess,
        in sandbox: SandboxID,
        epoch: UInt64,
        box: BoxID
    ) async throws -> ProcessInsertion {
        let insertion = ProcessInsert(process, by: .owner(epoch: epoch, box: box), in: sandbox)
        return try await insert(insertion) ?? .leaseLost
    }

    /// Notes the provider's id of a process that has started.
    package func processStarted(_ process: ProcessID, epoch: UInt64, externalID: String) async throws -> Bool {
        try await !query(
            """
            update processes set external_id = $3 where id = $1 and epoch = $2 and status = 'running' returning true
            """,
            [process.rawValue, Int64(epoch), externalID.withoutNUL]
        )
        .isEmpty
    }

    /// The rows that an owner has to attach to, or to end, after an acquisition: running, not observed, of its epoch.
    package func runningProcesses(of sandbox: SandboxID, epoch: UInt64) async throws -> [ProcessRecord] {
        try await query(
            """
            select \(ProcessRecord.columns) from processes p
            where sandbox_id = $1 and status = 'running' and epoch = $2 order by id
            """,
            [sandbox.rawValue, Int64(epoch)]
        )
        .map(ProcessRecord.init)
    }

    /// Notes that output cannot be stored for now, or can be again.
    package func setOutputState(_ process: ProcessID, epoch: UInt64, to state: OutputState) async throws -> Bool {
        try await !query(
            """
            update processes set output_state = $3
            where id = $1 and epoch = $2 and output_state in ('ok', 'stalled') returning true
            """,
            [process.rawValue, Int64(epoch), state.rawValue]
        )
        .isEmpty
    }

    /// Nil when the sandbox did not let it in.
    func insert(_ insertion: ProcessInsert) async throws -> ProcessInsertion? {
        let parameters = try insertion.parameters(sealer)
        // Twice: retention may take the row that stands in the way before it is read.
        for _ in 0..<2 {
            guard let row = try await query(insertion.sql, parameters).first else { return nil }
            if let startedAt = try row.get("started_at", as: Date?.self) {
                return .inserted(try insertion.record(row: row, startedAt: startedAt))
            }
            // A statement of its own: it sees what another connection committed while the first waited for it.
            if let existing = try await existing(insertion) { return existing }
        }
        throw StoreError(.outcomeUnknown, "the process of the operation went away while it was read")
    }

    private func existing(_ insertion: ProcessInsert) async throws -> ProcessInsertion? {
        let rows = try await query(
            """
            select \(ProcessRecord.columns), p.request_hash from processes p
            where id = $1 or (sandbox_id = $2 and operation_id = $3) order by (id = $1) desc limit 1
            """,
            [insertion.process.id.rawValue, insertion.sandbox.rawValue, insertion.process.operation]
        )
        guard let row = rows.first else { return nil }
        let record = try ProcessRecord(row)
        let hash = try row.get("request_hash", as: [UInt8]?.self) ?? []
        return hash == insertion.process.requestHash ? .existing(record) : .conflict(record)
    }
}
