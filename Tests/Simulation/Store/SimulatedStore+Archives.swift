import FoundationEssentials
import Model

extension SimulatedStore {
    func usableArchives(of sandbox: SandboxID) -> [ArchiveRecord] {
        let source = lease(sandbox)?.source
        let sources = archives.filter {
            $0.id == source && [.current, .previous, .deletePending].contains($0.state)
        }
        let snapshots = [ArchiveState.current, .previous]
            .flatMap { state in
                archives.filter {
                    $0.sandbox == sandbox && $0.purpose == .snapshot && $0.state == state && $0.id != source
                }
            }
        return sources + snapshots
    }

    func archive(_ id: ArchiveID) -> ArchiveRecord? { archives.first { $0.id == id } }

    func intendArchive(_ archive: ArchiveRecord) -> Bool {
        guard rows[archive.sandbox]?.lease.holds(epoch: archive.epoch) ?? false else { return false }
        archives.append(archive)
        simulator.note("store", "\(archive.sandbox.short) \(archive.purpose) \(archive.id.short) begun by epoch \(archive.epoch)")
        return true
    }

    /// - Returns: Nil when the lease is lost; else its state.
    func publishArchive(
        _ id: ArchiveID,
        of sandbox: SandboxID,
        epoch: UInt64,
        reference: ArchiveReference
    ) -> ArchiveState? {
        let fenced = mutation == .publishesUnfenced || rows[sandbox]?.lease.holds(epoch: epoch) ?? false
        guard fenced, let index = archives.firstIndex(where: { $0.id == id && $0.sandbox == sandbox }) else { return nil }
        guard archives[index].state == .candidate || mutation == .publishesUnfenced else { return archives[index].state }
        if archives[index].purpose == .snapshot {
            for (from, to) in [(ArchiveState.previous, ArchiveState.deletePending), (.current, .previous)] {
                for other in archives.indices
                where archives[other].sandbox == sandbox && archives[other].purpose == .snapshot
                    && archives[other].state == from
                {
                    archives[other].state = to
                }
            }
        }
        archives[index].state = .current
        archives[index].reference = reference
        simulator.note("store", "\(sandbox.short) \(archives[index].purpose) \(id.short) published by epoch \(epoch)")
        published(archives[index])
        changed(sandbox)
        return .current
    }

    func abandonArchive(_ id: ArchiveID, reason: String) {
        guard let index = archives.firstIndex(where: { $0.id == id }), archives[index].state == .candidate else { return }
        archives[index].state = .deletePending
        simulator.note("store", "archive \(id.short) abandoned: \(reason)")
    }

    func unfinishedSnapshot(of sandbox: SandboxID) -> ArchiveRecord? {
        archives.last { $0.sandbox == sandbox && $0.purpose == .snapshot && $0.state == .candidate }
    }

    func intendRestore(_ archive: ArchiveID, of sandbox: SandboxID, epoch: UInt64) -> Bool {
        guard let record = archives.first(where: { $0.id == archive }), [.current, .previous].contains(record.state) else {
            return false
        }
        return move(sandbox, "asked to restore \(archive.short)") { try $0.intendRestore(archive, epoch: epoch) }
    }

    func forgetArchives(of sandbox: SandboxID) {
        for index in archives.indices
        where archives[index].sandbox == sandbox && archives[index].purpose != .checkpoint
            && [.candidate, .current, .previous].contains(archives[index].state)
        {
            archives[index].state = .deletePending
        }
    }

    /// What may be deleted: not what some sandbox is still to begin with.
    func deletableArchives() -> [ArchiveRecord] {
        archives.filter { archive in
            archive.state == .deletePending && !sandboxes.contains { lease($0)?.source == archive.id }
        }
    }

    /// Those whose maker has no lease any more.
    func abandonCandidates() {
        for archive in archives where archive.state == .candidate {
            if !(rows[archive.sandbox]?.lease.holds(epoch: archive.epoch) ?? false) {
                abandonArchive(archive.id, reason: "its maker has no lease")
            }
        }
    }

    func settleArchive(_ id: ArchiveID) {
        guard let index = archives.firstIndex(where: { $0.id == id }), archives[index].state == .deletePending else { return }
        archives[index].state = .deleted
    }
}
