import FleetTesting
import Foundation
import Model
import ServiceHost
import Store

extension StoreFixture {
    /// Another sandbox of the same worker.
    func served(by worker: WorkerID) async throws -> Served {
        let id = try await created(sandbox()).id
        let epoch = try await lease(id, for: worker).record.epoch
        let box = try await box(of: id, epoch: epoch)
        _ = try await warm(id, epoch: epoch)
        return Served(sandbox: id, worker: worker, epoch: epoch, box: box)
    }

    /// The owner dies and another one serves.
    func takenOver(_ served: Served) async throws -> Served {
        try await store.retire(served.worker)
        var next = served
        next.worker = try await worker("next")
        next.epoch = try await lease(served.sandbox, for: next.worker).record.epoch
        _ = try await warm(served.sandbox, epoch: next.epoch)
        return next
    }

    func archive(
        of served: Served,
        _ purpose: ArchivePurpose = .checkpoint,
        format: ArchiveReference.Format = .native,
        expiresAt: Date? = nil
    ) -> ArchiveRecord {
        ArchiveRecord(
            id: .now(),
            workspace: workspace,
            sandbox: served.sandbox,
            purpose: purpose,
            state: .candidate,
            format: format,
            provider: "local",
            account: format == .native ? "host" : nil,
            placement: format == .native ? "here" : nil,
            epoch: served.epoch,
            comment: "before the upgrade",
            createdAt: Date(),
            expiresAt: expiresAt
        )
    }

    func reference(of archive: ArchiveRecord) -> ArchiveReference {
        ArchiveReference(
            format: archive.format,
            id: archive.id,
            provider: archive.provider,
            account: archive.account,
            placement: archive.placement,
            externalID: archive.id.rawValue,
            createdAt: archive.createdAt,
            sizeBytes: 4096
        )
    }

    func publish(_ archive: ArchiveRecord, epoch: UInt64) async throws -> Bool {
        try await store.publishArchive(
            archive.id,
            of: archive.sandbox,
            epoch: epoch,
            reference: reference(of: archive),
            actor: "worker"
        )
    }

    /// Begun and published, or the test fails.
    func saved(
        of served: Served,
        _ purpose: ArchivePurpose = .checkpoint,
        format: ArchiveReference.Format = .native,
        expiresAt: Date? = nil
    ) async throws -> ArchiveID {
        let archive = archive(of: served, purpose, format: format, expiresAt: expiresAt)
        guard try await store.intendArchive(archive, actor: "worker") else { throw FixtureError("not begun") }
        guard try await publish(archive, epoch: served.epoch) else { throw FixtureError("not published") }
        return archive.id
    }

    func state(of archive: ArchiveID) async throws -> String {
        try await postgres.sql("select state from archives where id = '\(archive)'")
            .trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Every archive is due again.
    func passTime() async throws {
        try await postgres.sql("update archives set reap_after = now() - interval '1 second'")
    }
}
