import FleetTesting
import Foundation
import Model
import ServiceHost
import Store
import Testing

struct CheckpointTests {
    @Test func checkpointsAreListedNewestFirstInPages() async throws {
        try await StoreFixture.with { fixture in
            let one = try await fixture.served()
            let other = try await fixture.served(by: one.worker)
            var ids: [ArchiveID] = []
            for index in 0..<5 { ids.append(try await fixture.saved(of: index == 2 ? other : one)) }
            _ = try await fixture.saved(of: one, .snapshot)
            let store = fixture.store
            let page = try await store.checkpoints(in: fixture.workspace, after: nil, limit: 3)
            #expect(page.map(\.id) == [ids[4], ids[3], ids[2]])
            let rest = try await store.checkpoints(in: fixture.workspace, after: page.last?.id, limit: 3)
            #expect(rest.map(\.id) == [ids[1], ids[0]])
            let narrowed = try await store.checkpoints(in: fixture.workspace, of: other.sandbox, after: nil, limit: 9)
            #expect(narrowed.map(\.id) == [ids[2]])
            #expect(narrowed.first?.comment == "before the upgrade")
            #expect(narrowed.first?.sizeBytes == 4096)
            #expect(try await store.checkpoints(in: .now(), after: nil, limit: 9).isEmpty)
        }
    }

    @Test func anothersCheckpointIsNeitherSeenNorDeleted() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let id = try await fixture.saved(of: served)
            let snapshot = try await fixture.saved(of: served, .snapshot)
            #expect(try await fixture.store.checkpoint(id, in: .now()) == nil)
            #expect(try await !fixture.store.deleteCheckpoint(id, in: .now(), actor: "thief"))
            #expect(try await !fixture.store.deleteCheckpoint(snapshot, in: fixture.workspace, actor: "user"))
            #expect(try await !fixture.store.deleteCheckpoint(.now(), in: fixture.workspace, actor: "user"))
            #expect(try await fixture.state(of: id) == "current")
            #expect(try await fixture.state(of: snapshot) == "current")
        }
    }

    @Test func deletingAgainIsTheSame() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let id = try await fixture.saved(of: served)
            for _ in 0..<2 {
                #expect(try await fixture.store.deleteCheckpoint(id, in: fixture.workspace, actor: "user"))
            }
            #expect(try await fixture.store.checkpoint(id, in: fixture.workspace)?.state == .deletePending)
            #expect(try await fixture.store.claimDeletableArchives(limit: 9).map(\.id) == [id])
            try await fixture.store.recordArchiveDeleted(id, actor: "reaper")
            #expect(try await fixture.store.checkpoint(id, in: fixture.workspace) == nil)
            #expect(try await fixture.store.deleteCheckpoint(id, in: fixture.workspace, actor: "user"))
            #expect(try await fixture.state(of: id) == "deleted")
        }
    }

    @Test func oneThatIsDeletedWhileItIsSavedIsCollectedWhenItsMakerIsDone() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let archive = fixture.archive(of: served)
            #expect(try await fixture.store.intendArchive(archive, actor: "worker"))
            #expect(try await fixture.store.deleteCheckpoint(archive.id, in: fixture.workspace, actor: "user"))
            // Its maker still writes.
            #expect(try await fixture.store.claimDeletableArchives(limit: 9).isEmpty)
            await #expect {
                _ = try await fixture.publish(archive, epoch: served.epoch)
            } throws: { error in
                (error as? Fault)?.code == .checkpointNotFound
            }
            #expect(try await fixture.store.claimDeletableArchives(limit: 9).map(\.id) == [archive.id])
        }
    }

    @Test func whatADeadMakerLeftOfADeletedOneIsCollected() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let archive = fixture.archive(of: served)
            #expect(try await fixture.store.intendArchive(archive, actor: "worker"))
            #expect(try await fixture.store.deleteCheckpoint(archive.id, in: fixture.workspace, actor: "user"))
            #expect(try await fixture.store.claimDeletableArchives(limit: 9).isEmpty)
            try await fixture.store.retire(served.worker)
            try await fixture.passTime()
            #expect(try await fixture.store.claimDeletableArchives(limit: 9).map(\.id) == [archive.id])
        }
    }

    @Test func oneThatFailedTellsWhy() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let archive = fixture.archive(of: served)
            #expect(try await fixture.store.intendArchive(archive, actor: "worker"))
            try await fixture.store.abandonArchive(archive.id, reason: "the disk is full", actor: "worker")
            #expect(try await fixture.store.claimDeletableArchives(limit: 9).map(\.id) == [archive.id])
            try await fixture.store.recordArchiveDeleted(archive.id, actor: "reaper")
            let told = try await fixture.store.checkpoint(archive.id, in: fixture.workspace)
            #expect(told?.error == "the disk is full")
            #expect(told?.publishedAt == nil)
        }
    }
}
