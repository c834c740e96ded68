import FleetTesting
import Foundation
import Model
import ServiceHost
import Store
import Testing

@testable import Reaper

struct ArchiveMarkingTests {
    private func archive(_ fixture: ReaperFixture, _ purpose: ArchivePurpose, of sandbox: SandboxID, expiresAt: Date? = nil)
        -> ArchiveRecord
    {
        ArchiveRecord(
            id: .now(),
            workspace: fixture.workspace,
            sandbox: sandbox,
            purpose: purpose,
            state: .candidate,
            format: .native,
            provider: "local",
            epoch: 1,
            createdAt: Date(),
            expiresAt: expiresAt
        )
    }

    @Test func expiredCheckpointsAreMarked() async throws {
        try await ReaperFixture.with { fixture in
            let served = try await fixture.served(by: fixture.worker())
            let over = archive(fixture, .checkpoint, of: served.id, expiresAt: Date(timeIntervalSinceNow: -1))
            _ = try await fixture.store.intendArchive(over, actor: "test")
            let duty = CheckpointExpiry(store: fixture.store, actor: "reaper")
            #expect(try await duty.pass() == DutyPass(found: 1))
            #expect(try await duty.pass() == .idle)
            #expect(try await fixture.state(of: over.id) == "delete_pending")
        }
    }

    @Test func whatADeadWorkerBeganIsMarked() async throws {
        try await ReaperFixture.with { fixture in
            let worker = try await fixture.worker()
            let served = try await fixture.served(by: worker)
            let begun = archive(fixture, .snapshot, of: served.id)
            _ = try await fixture.store.intendArchive(begun, actor: "test")
            let duty = ForsakenCandidates(store: fixture.store, actor: "reaper", logger: fixture.logger)
            try await fixture.postgres.sql("update archives set reap_after = now() - interval '1 second'")
            #expect(try await duty.pass() == .idle)
            try await fixture.store.retire(worker)
            try await fixture.postgres.sql("update archives set reap_after = now() - interval '1 second'")
            #expect(try await duty.pass() == DutyPass(found: 1))
            #expect(try await fixture.state(of: begun.id) == "delete_pending")
        }
    }

    @Test func forksThatNobodyFetchedAreMarked() async throws {
        try await ReaperFixture.with { fixture in
            let served = try await fixture.served(by: fixture.worker())
            let fork = archive(fixture, .fork, of: served.id)
            _ = try await fixture.store.intendArchive(fork, actor: "test")
            let reference = ArchiveReference(
                format: .native,
                id: fork.id,
                provider: "local",
                externalID: "x",
                createdAt: Date()
            )
            _ = try await fixture.store.publishArchive(
                fork.id,
                of: served.id,
                epoch: served.epoch,
                reference: reference,
                actor: "test"
            )
            let duty = ForkArchives(store: fixture.store, actor: "reaper")
            #expect(try await duty.pass() == .idle)
            try await fixture.postgres.sql("update archives set published_at = now() - interval '2 hours'")
            #expect(try await duty.pass() == DutyPass(found: 1))
            #expect(try await fixture.state(of: fork.id) == "delete_pending")
        }
    }
}
