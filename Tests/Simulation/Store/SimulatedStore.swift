import FoundationEssentials
import Model

/// The rows that ownership lives in, and what its statements do to them; the lease's part is `Lease` itself.
// Sendable: one thread steps a simulation.
final class SimulatedStore: @unchecked Sendable {
    struct Row {
        var lease: Lease
        var reapAfter: Date
    }

    struct BoxRow {
        var sandbox: SandboxID
        var record: BoxRecord
    }

    let simulator: Simulator
    let mutation: Mutation?
    let provider: String
    let workspace: WorkspaceID
    private(set) var sandboxes: [SandboxID] = []
    var rows: [SandboxID: Row] = [:]
    var boxes: [BoxRow] = []
    var archives: [ArchiveRecord] = []
    var workers: [WorkerID: Heartbeat] = [:]
    /// Nobody is served before this (rule 2).
    var pausedUntil: Int64 = 0
    /// Called after each statement that changed something about a sandbox.
    var changed: (SandboxID) -> Void = { _ in }
    /// Called after a lease moved without having been acquired: from what, and by whose statement.
    var moved: (SandboxID, _ before: Lease, _ speaker: String) -> Void = { _, _, _ in }
    /// Who sent the statement that runs.
    var speaker = ""
    var judged: (_ taker: WorkerID, _ rival: WorkerID) -> Void = { _, _ in }
    var published: (ArchiveRecord) -> Void = { _ in }
    /// Heartbeats have a connection of their own.
    let heartbeats = Link(name: "heartbeats", patience: 5000)
    let link = Link(name: "store", slow: 0.02, slowest: 14_000, lostRequests: 0.01, lostAnswers: 0.015)

    init(_ simulator: Simulator, provider: String, mutation: Mutation?) {
        self.simulator = simulator
        self.provider = provider
        self.mutation = mutation
        workspace = simulator.identifier("k")
    }

    func insert(_ sandbox: SandboxID, _ lease: Lease) {
        sandboxes.append(sandbox)
        rows[sandbox] = Row(lease: lease, reapAfter: simulator.date.addingTimeInterval(5))
    }

    func lease(_ sandbox: SandboxID) -> Lease? { rows[sandbox]?.lease }

    func record(_ sandbox: SandboxID) -> SandboxRecord? {
        guard let lease = rows[sandbox]?.lease else { return nil }
        return SandboxRecord(
            id: sandbox,
            workspace: workspace,
            provider: provider,
            status: lease.status,
            intent: lease.intent,
            persistent: lease.persistent,
            spec: SandboxSpec(),
            createdAt: Simulator.epoch,
            updatedAt: Simulator.epoch,
            leaseState: lease.state,
            epoch: lease.epoch,
            owner: lease.owner,
            account: lease.account,
            placement: lease.placement,
            envelope: lease.envelope,
            source: lease.source,
            drainingBox: lease.drainingBox
        )
    }

    /// Runs one event of a lease; nothing changes when it is refused.
    func move(
        _ sandbox: SandboxID,
        _ what: @autoclosure () -> String,
        _ event: (inout Lease) throws -> Void
    ) -> Bool {
        guard var row = rows[sandbox] else { return false }
        let before = row.lease
        do {
            try event(&row.lease)
            rows[sandbox] = row
            simulator.note("store", "\(sandbox.short) \(what()): \(row.lease.summary)")
            if row.lease.epoch == before.epoch { moved(sandbox, before, speaker) }
            changed(sandbox)
            return true
        } catch {
            simulator.note("store", "\(sandbox.short) \(what()) refused: \(error)")
            return false
        }
    }

    func pushBack(_ sandbox: SandboxID, seconds: Double) {
        rows[sandbox]?.reapAfter = simulator.date.addingTimeInterval(seconds)
    }

    /// Under a mutation that forgets the fence: whatever the row's epoch is.
    func epoch(_ epoch: UInt64, of sandbox: SandboxID, unless mutation: Mutation) -> UInt64 {
        self.mutation == mutation ? rows[sandbox]?.lease.epoch ?? epoch : epoch
    }
}

extension Identifier {
    /// Readable in a trace.
    var short: String { String(rawValue.drop { $0 == "0" }) }
}

extension Lease {
    fileprivate var summary: String {
        "\(state) epoch \(epoch) owner \(owner?.short ?? "-") \(status) wants \(intent) box \(envelope?.boxId ?? "-")"
            + (source.map { " from \($0.short)" } ?? "") + (drainingBox.map { " draining \($0)" } ?? "")
    }
}
