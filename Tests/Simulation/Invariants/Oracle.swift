import Model
import ProviderKit

/// Knows what really happened, and says when something did that must not.
///
/// - At most one box of a sandbox exists that is not superseded and is not being deleted; what a provider made after its own
///   limit does not count, for nobody could wait for it.
/// - A sandbox that is warm has its box, the row of that box says live, and every acknowledged write is in it.
/// - Only who owns a sandbox acknowledges a write.
/// - A published snapshot holds every write that was acknowledged before.
/// - Nobody whose own heartbeats have had a gap takes a lease from a worker that is well.
/// - What belongs to others is not touched, the sweep deletes nothing that a sandbox names, and nobody makes a user's machine.
// Sendable: one thread steps a simulation.
final class Oracle: @unchecked Sendable {
    private let simulator: Simulator
    private let store: SimulatedStore
    private let provider: SimulatedProvider
    /// The writes that a sandbox's files must hold.
    private(set) var required: [SandboxID: UInt64] = [:]
    /// Sandboxes of which an archive was damaged: they may have fallen back to older files.
    private(set) var damaged: Set<SandboxID> = []
    private var sources: [SandboxID: ArchiveID] = [:]

    /// Who is well: alive, and not frozen for a while.
    var isHealthy: (WorkerID) -> Bool = { _ in false }

    init(_ simulator: Simulator, _ store: SimulatedStore, _ provider: SimulatedProvider) {
        self.simulator = simulator
        self.store = store
        self.provider = provider
        store.changed = { [weak self] in self?.check($0) }
        store.published = { [weak self] in self?.checkSnapshot($0) }
        store.judged = { [weak self] in self?.checkJudgement($0, $1) }
        provider.changed = { [weak self] in self?.check($0) }
        provider.deleting = { [weak self] in self?.checkDeletion($0, by: $1) }
    }

    func created(_ sandbox: SandboxID, from source: ArchiveID?) {
        required[sandbox] = source.flatMap { provider.archive($0)?.contents } ?? 0
        sources[sandbox] = source
    }

    func acknowledged(_ number: Int, of sandbox: SandboxID, epoch: UInt64, by worker: String) {
        simulator.note(worker, "acknowledges write \(number) of \(sandbox.short)")
        guard let lease = store.lease(sandbox) else { return }
        if !lease.holds(epoch: epoch) {
            simulator.violate("\(worker) acknowledged write \(number) of \(sandbox.short) under epoch \(epoch), which is over")
        }
        required[sandbox, default: 0] |= 1 << UInt64(number)
        check(sandbox)
    }

    func damaged(_ archive: ArchiveRecord) { damaged.insert(archive.sandbox) }

    // MARK: - After every change

    private func check(_ sandbox: SandboxID) {
        guard let lease = store.lease(sandbox), !simulator.isOver else { return }
        checkRestore(sandbox, lease)
        if lease.status == .shutdown, !lease.persistent { required[sandbox] = 0 }
        guard !lease.isTerminated, lease.intent != .delete else { return }
        checkNumber(sandbox)
        guard lease.state == .warm, let externalID = lease.envelope?.boxId else { return }
        guard let instance = provider.instance(externalID) else {
            return simulator.violate("\(sandbox.short) is warm, and its box \(externalID) does not exist")
        }
        checkContents(sandbox, instance.contents, "the box \(externalID)")
        guard provider.flavour != .selfHosted else { return }
        let row = store.boxes.last { $0.record.externalID == externalID }
        if row?.record.state != .live {
            simulator.violate("\(sandbox.short) is warm, and its box's row is \(row.map { "\($0.record.state)" } ?? "missing")")
        }
    }

    /// What a restore brought is what counts from then on.
    private func checkRestore(_ sandbox: SandboxID, _ lease: Lease) {
        if let source = lease.source {
            sources[sandbox] = source
        } else if let source = sources.removeValue(forKey: sandbox), let archive = provider.archive(source) {
            required[sandbox, default: 0] &= archive.contents
        }
    }

    private func checkNumber(_ sandbox: SandboxID) {
        let boxes = provider.instances.filter { instance in
            guard let tag = instance.tag, tag.sandbox == sandbox, !instance.isOverdue, !instance.isForeign else { return false }
            return store.box(tag.box)?.record.state != .superseded
        }
        if boxes.count > 1 {
            let names = boxes.map { "\($0.externalID) of epoch \($0.tag?.epoch ?? 0)" }.joined(separator: ", ")
            simulator.violate("\(sandbox.short) has \(boxes.count) boxes: \(names)")
        }
    }

    private func checkContents(_ sandbox: SandboxID, _ contents: UInt64, _ what: String) {
        let missing = required[sandbox, default: 0] & ~contents
        guard missing != 0 else { return }
        if damaged.contains(sandbox) {
            required[sandbox, default: 0] &= contents
        } else {
            simulator.violate("\(what) of \(sandbox.short) lacks the acknowledged writes \(missing.listed)")
        }
    }

    private func checkSnapshot(_ archive: ArchiveRecord) {
        guard archive.purpose == .snapshot, let saved = provider.archive(archive.id) else { return }
        checkContents(archive.sandbox, saved.contents, "the snapshot \(archive.id.short)")
    }

    /// After the database itself was away, an old heartbeat proves nothing (rule 2).
    private func checkJudgement(_ taker: WorkerID, _ rival: WorkerID) {
        guard let heartbeat = store.workers[taker], let old = store.workers[rival], !old.isOver, isHealthy(rival) else { return }
        if !heartbeat.mayJudge(at: simulator.date) {
            simulator.violate("\(taker.short) took a lease from \(rival.short), which is well")
        }
    }

    private func checkDeletion(_ instance: SimulatedProvider.Instance, by who: String) {
        guard !instance.isForeign else { return simulator.violate("\(who) deleted \(instance.externalID), which is not ours") }
        guard who.hasPrefix("sweep"), let sandbox = instance.tag?.sandbox, let lease = store.lease(sandbox) else { return }
        if !lease.isTerminated, lease.envelope?.boxId == instance.externalID {
            simulator.violate("the sweep deleted \(instance.externalID), which \(sandbox.short) names")
        }
    }
}
