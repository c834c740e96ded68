import Model
import Ownership

/// The store as one process reaches it.
struct StoreFace: LeaseStore {
    let store: SimulatedStore
    let process: SimulatedProcess

    /// - Parameters:
    ///   - link: Nil is the ordinary one.
    ///   - held: Milliseconds for which it waits, besides those for which the database serves nobody.
    ///   - moment: What its caller is about to do, where something may lie in wait for it.
    func run<Value: Sendable>(
        by link: Link? = nil,
        at moment: Moment? = nil,
        held: @escaping @Sendable () -> Int = { 0 },
        _ statement: @escaping @Sendable (SimulatedStore) -> Value
    ) async throws -> Value {
        var link = link ?? store.link
        if let moment { link = await store.simulator.pass(moment, process, link) }
        let result = await store.simulator.call(process, link) { [store] in
            max(0, Int(store.pausedUntil - store.simulator.now), held())
        } _: { [store, process] in
            store.speaker = process.name
            return statement(store)
        }
        return try result.get()
    }

    func acquire(
        _ sandbox: SandboxID,
        in workspace: WorkspaceID,
        for worker: WorkerID,
        placement: String?,
        retaking: UInt64?
    ) async throws -> Acquisition {
        try await run(at: .acquire) { $0.acquire(sandbox, for: worker, placement: placement, retaking: retaking) }
    }

    func holds(_ sandbox: SandboxID, epoch: UInt64) async throws -> Bool {
        try await run { $0.holds(sandbox, epoch: epoch) }
    }

    func leased(_ sandbox: SandboxID, epoch: UInt64) async throws -> SandboxRecord? {
        try await run { $0.leased(sandbox, epoch: epoch) }
    }

    func boxes(of sandbox: SandboxID) async throws -> [BoxRecord] {
        try await run { $0.openBoxes(of: sandbox) }
    }

    func intendBox(
        _ box: BoxID,
        of sandbox: SandboxID,
        epoch: UInt64,
        provider: String,
        binding: (account: String, placement: String?),
        deadline: Int,
        reason: BoxReason?,
        actor: String
    ) async throws -> Bool {
        try await run(at: .intendBox) { $0.intendBox(box, of: sandbox, epoch: epoch, binding: binding, deadline: deadline) }
    }

    func recordBox(
        _ box: BoxID,
        epoch: UInt64,
        externalID: String?,
        state: BoxRecord.State,
        lifetime: Int?,
        reason: BoxReason?,
        actor: String
    ) async throws {
        try await run(at: .recordBox) { $0.recordBox(box, epoch: epoch, externalID: externalID, state: state) }
    }

    func becomeWarm(
        _ sandbox: SandboxID,
        epoch: UInt64,
        box: BoxID,
        lifetime: Int?,
        envelope: Envelope,
        binding: (account: String, placement: String?),
        actor: String
    ) async throws -> SandboxRecord? {
        try await run(at: .becomeWarm) {
            $0.becomeWarm(sandbox, epoch: epoch, box, envelope, binding) ? $0.record(sandbox) : nil
        }
    }

    func beginDraining(
        _ sandbox: SandboxID,
        epoch: UInt64,
        intent: Intent,
        reason: String?,
        actor: String
    ) async throws -> SandboxRecord? {
        try await run(at: .beginDraining) { $0.beginDraining(sandbox, epoch: epoch, intent: intent) }
    }

    func settle(
        _ sandbox: SandboxID,
        epoch: UInt64,
        as intent: Intent,
        keepsBox: Bool,
        deleted: BoxID?,
        actor: String
    ) async throws -> Bool {
        try await run(at: .settle) { store in
            if let deleted { store.recordBox(deleted, epoch: epoch, externalID: nil, state: .deleted) }
            return store.settle(sandbox, epoch: epoch, as: intent, keepsBox: keepsBox)
        }
    }

    func release(_ sandbox: SandboxID, epoch: UInt64, actor: String, reason: String) async throws -> Bool {
        try await run(at: .release) { $0.release(sandbox, epoch: epoch) }
    }

    func failCreation(_ sandbox: SandboxID, epoch: UInt64, fault: Fault, actor: String) async throws -> Bool {
        try await run { $0.failCreation(sandbox, epoch: epoch) }
    }

    func archives(of sandbox: SandboxID) async throws -> [ArchiveRecord] {
        try await run { $0.usableArchives(of: sandbox) }
    }

    func intendArchive(_ archive: ArchiveRecord, actor: String) async throws -> Bool {
        try await run(at: .intendArchive) { $0.intendArchive(archive) }
    }

    func publishArchive(
        _ archive: ArchiveID,
        of sandbox: SandboxID,
        epoch: UInt64,
        reference: ArchiveReference,
        actor: String
    ) async throws -> Bool {
        let state = try await run(at: .publishArchive) {
            $0.publishArchive(archive, of: sandbox, epoch: epoch, reference: reference)
        }
        switch state {
        case .current, .previous: return true
        case .candidate, nil: return false
        case .deletePending, .deleted, .deleteFailed:
            throw Fault(.checkpointNotFound, "The checkpoint was deleted while it was saved.")
        }
    }

    func abandonArchive(_ archive: ArchiveID, reason: String, actor: String) async throws {
        try await run { $0.abandonArchive(archive, reason: reason) }
    }

    func unfinishedSnapshot(of sandbox: SandboxID) async throws -> ArchiveRecord? {
        try await run { $0.unfinishedSnapshot(of: sandbox) }
    }

    func noteDamage(_ archive: ArchiveID, message: String, actor: String) async throws {
        try await run { $0.simulator.note("store", "archive \(archive.short) noted as damaged") }
    }
}
