import Model
import ProviderKit

/// Knows what really happened, and says when something did that must not.
///
/// - At most one box of a sandbox exists that is not superseded and is not being deleted; what a provider made after its own
///   limit does not count, for nobody could wait for it.
/// - A sandbox that is warm has its box, the row of that box says live, and every acknowledged write is in it.
/// - Only who owns a sandbox acknowledges a write.
/// - Only who owns a sandbox moves its lease on, and publishes of it.
/// - A published snapshot holds every write that was acknowledged before.
/// - Nobody whose own heartbeats have had a gap takes a lease from a worker that is well.
/// - Nobody fences a worker that lives while its lock is held or it answers.
/// - What belongs to others is not touched, and the sweep deletes nothing that a sandbox names.
/// - What once served on a user's machine is never given up for another there, and nothing is unpacked on it.
// Sendable: one thread steps a simulation.
final class Oracle: @unchecked Sendable {
    private let simulator: Simulator
    private let store: SimulatedStore
    private let provider: SimulatedProvider
    /// The writes that a sandbox's files must hold.
    private(set) var required: [SandboxID: UInt64] = [:]
    /// Sandboxes of which an archive was damaged: they may have fallen back to older files.
    private(set) var damaged: Set<SandboxID> = []
    /// The attempt that serves on the user's machine of each sandbox, from the first time that it was warm.
    private var kept: [SandboxID: BoxID] = [:]
    private var sources: [SandboxID: ArchiveID] = [:]

    /// Who is well: alive, and not frozen for a while.
    var isHealthy: (WorkerID) -> Bool = { _ in false }

    init(_ simulator: Simulator, _ store: SimulatedStore, _ provider: SimulatedProvider) {
        self.simulator = simulator
        self.store = store
        self.provider = provider
        store.changed = { [weak self] in self?.check($0) }
        store.published = { [weak self] in self?.checkSnapshot($0) }
        store.moved = { [weak self] in self?.checkMove($0, $1, by: $2) }
        store.judged = { [weak self] in self?.checkJudgement($0, $1) }
        provider.changed = { [weak self] in self?.check($0) }
        provider.opened = { [weak self] in self?.checkOpening($0, $1) }
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
        checkDeleted(sandbox)
        checkKept(sandbox)
        guard lease.state == .warm, let externalID = lease.envelope?.boxId else { return }
        guard let instance = provider.instance(externalID) else {
            return simulator.violate("\(sandbox.short) is warm, and its box \(externalID) does not exist")
        }
        checkContents(sandbox, instance.contents, "the box \(externalID)")
        let row = store.boxes.last { $0.record.externalID == externalID }
        if row?.record.state != .live {
            simulator.violate("\(sandbox.short) is warm, and its box's row is \(row.map { "\($0.record.state)" } ?? "missing")")
        }
        if provider.flavour == .selfHosted { kept[sandbox] = kept[sandbox] ?? row?.record.id }
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

    /// What a row calls deleted is no more, but for what an earlier owner's call makes late; the sweep deletes that.
    private func checkDeleted(_ sandbox: SandboxID) {
        for instance in provider.instances where instance.tag?.sandbox == sandbox && !instance.isOverdue {
            guard let tag = instance.tag, let row = store.box(tag.box)?.record, row.state == .deleted, row.epoch <= tag.epoch
            else { continue }
            simulator.violate("the row of \(instance.externalID) of \(sandbox.short) says that it is deleted")
        }
    }

    /// A user's machine is never given up: neither the row of what served there, nor its name in the sandbox's.
    private func checkKept(_ sandbox: SandboxID) {
        guard let kept = kept[sandbox], let row = store.box(kept), let lease = store.lease(sandbox) else { return }
        if row.record.state == .deleted || row.record.state == .superseded || lease.envelope?.boxId != row.record.externalID {
            simulator.violate("the user's machine of \(sandbox.short) was given up: \(kept.short) is \(row.record.state)")
        }
    }

    private func checkOpening(_ sandbox: SandboxID, _ box: BoxID) {
        guard let kept = kept[sandbox], kept != box, store.lease(sandbox)?.intent != .delete else { return }
        simulator.violate("\(sandbox.short) has a second box on its user's machine: \(kept.short), then \(box.short)")
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

    private func checkMove(_ sandbox: SandboxID, _ before: Lease, by speaker: String) {
        guard let owner = before.owner, let lease = store.lease(sandbox), lease.state != before.state else { return }
        if speaker != SimulatedWorker.name(of: owner) {
            simulator.violate("\(speaker) made \(sandbox.short) \(lease.state), which \(owner.short) owns")
        }
    }

    /// Silence or a free lock alone is no proof of death (rule 3); a minute without a heartbeat is.
    func fenced(_ worker: SimulatedWorker, wasSilent: Bool, isLong: Bool) {
        guard !worker.process.isDead, !isLong, !wasSilent || !worker.fleet.isLockFree(of: worker) else { return }
        simulator.violate("\(worker.name) was fenced and lives: \(wasSilent ? "its lock is held" : "it answers")")
    }

    private func checkSnapshot(_ archive: ArchiveRecord) {
        let owner = store.lease(archive.sandbox)?.owner
        if owner.map(SimulatedWorker.name) != store.speaker {
            simulator.violate(
                "\(store.speaker) published \(archive.id.short) of \(archive.sandbox.short), which \(owner?.short ?? "nobody") owns"
            )
        }
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
