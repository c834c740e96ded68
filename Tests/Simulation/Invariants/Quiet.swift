import Model
import ProviderKit

/// What must hold some time after the last fault: nothing is stuck, and nothing is left over.
struct Quiet {
    let store: SimulatedStore
    let provider: SimulatedProvider
    let oracle: Oracle
    let users: [SimulatedUser]

    /// - Returns: What is still not as it should be.
    func complaint() -> String? {
        for sandbox in store.sandboxes {
            guard let lease = store.lease(sandbox) else { continue }
            if let complaint = complaint(sandbox, lease) { return "\(sandbox.short) \(complaint)" }
        }
        for instance in provider.instances {
            guard !instance.isForeign, let tag = instance.tag, !isOutOfReach(instance, tag) else { continue }
            if let complaint = complaint(instance, tag) { return "box \(instance.externalID) \(complaint)" }
        }
        if let archive = store.archives.first(where: { $0.state == .candidate && !isBeingMade($0) }) {
            return "archive \(archive.id.short) is still a candidate"
        }
        if let archive = store.deletableArchives().first { return "archive \(archive.id.short) is not deleted" }
        return nil
    }

    /// Nobody uses it, and its sandbox is served under other credentials: no one worker has both the lease and the account,
    /// so the sweep reports it and a person decides.
    private func isOutOfReach(_ instance: SimulatedProvider.Instance, _ tag: BoxTag) -> Bool {
        guard let row = store.box(tag.box), [.superseded, .deleted].contains(row.record.state) else { return false }
        guard let account = store.lease(row.sandbox)?.account else { return false }
        return account != instance.binding.account
    }

    /// Its maker has the lease, and may yet finish it.
    private func isBeingMade(_ archive: ArchiveRecord) -> Bool {
        store.lease(archive.sandbox)?.holds(epoch: archive.epoch) ?? false
    }

    private func complaint(_ sandbox: SandboxID, _ lease: Lease) -> String? {
        // Nothing of it can be read: it waits for a person.
        let isBroken = oracle.damaged.contains(sandbox) || lease.source.map { provider.archive($0)?.isDamaged ?? true } ?? false
        switch lease.intent {
        case .delete: return lease.isTerminated ? nil : "is not deleted but \(lease.state)"
        case .stop:
            if lease.state != .cold || (lease.status != .shutdown && lease.status != .error) {
                return "is not stopped but \(lease.state), \(lease.status)"
            }
        case .pause where !lease.persistent && lease.status == .shutdown && lease.state == .cold: break
        case .run, .pause:
            guard !isBroken else { return nil }
            if lease.state == .warming || lease.state == .draining || lease.drainingBox != nil {
                return "is stuck \(lease.state)"
            }
            if !(users.first { $0.sandbox == sandbox }?.isServed ?? false) { return "cannot be used: \(lease.state)" }
            if lease.intent == .pause { return "is not paused" }
        }
        return isBroken || lease.source != nil ? nil : lostWrites(sandbox, lease)
    }

    /// What the next owner would find.
    private func lostWrites(_ sandbox: SandboxID, _ lease: Lease) -> String? {
        guard lease.persistent || lease.state == .warm else { return nil }
        let box = lease.envelope?.boxId.flatMap { provider.instance($0)?.contents }
        let archive = store.usableArchives(of: sandbox).first.flatMap { provider.archive($0.id)?.contents }
        let missing = oracle.required[sandbox, default: 0] & ~(box ?? archive ?? 0)
        return missing == 0 ? nil : "has lost the acknowledged writes \(missing.listed)"
    }

    private func complaint(_ instance: SimulatedProvider.Instance, _ tag: BoxTag) -> String? {
        guard let row = store.box(tag.box) else { return "has no row" }
        guard let lease = store.lease(row.sandbox) else { return "has no sandbox" }
        if lease.isTerminated { return "is left of a deleted sandbox" }
        if lease.envelope?.boxId != instance.externalID, !oracle.damaged.contains(row.sandbox) {
            return "is \(row.record.state) and its sandbox, \(lease.state), does not name it"
        }
        return nil
    }
}
