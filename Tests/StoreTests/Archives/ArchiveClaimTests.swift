import FleetTesting
import Foundation
import Model
import ServiceHost
import Store
import Testing

struct ArchiveClaimTests {
    @Test func manyReapersClaimEachArchiveOnce() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            for _ in 0..<20 {
                let id = try await fixture.saved(of: served)
                _ = try await fixture.store.deleteCheckpoint(id, in: fixture.workspace, actor: "user")
            }
            let claimed = try await withThrowingTaskGroup(of: [ArchiveID].self) { group in
                for _ in 0..<4 {
                    group.addTask { try await fixture.store.claimDeletableArchives(limit: 8).map(\.id) }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(Set(claimed).count == claimed.count)
            let rest = try await fixture.store.claimDeletableArchives(limit: 100).map(\.id)
            #expect(Set(claimed).union(rest).count == 20)
            #expect(claimed.count + rest.count == 20)
            #expect(try await fixture.store.claimDeletableArchives(limit: 100).isEmpty)
        }
    }

    @Test func theClaimTellsWhereItLies() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let native = try await fixture.saved(of: served)
            let portable = try await fixture.saved(of: served, format: .portable)
            for id in [native, portable] {
                _ = try await fixture.store.deleteCheckpoint(id, in: fixture.workspace, actor: "user")
            }
            let due = try await fixture.store.claimDeletableArchives(limit: 9)
            let one = try #require(due.first { $0.id == native })
            #expect((one.format, one.provider, one.placement, one.externalID) == (.native, "local", "here", native.rawValue))
            let other = try #require(due.first { $0.id == portable })
            #expect((other.format, other.placement) == (.portable, nil))
        }
    }

    @Test func deletingIsGivenUpAfterTenFailures() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let id = try await fixture.saved(of: served)
            _ = try await fixture.store.deleteCheckpoint(id, in: fixture.workspace, actor: "user")
            for attempt in 1...Store.archiveDeletionAttempts {
                let due = try await fixture.store.claimDeletableArchives(limit: 9)
                #expect(due.map(\.attempts) == [attempt - 1])
                // The pause of the claim holds.
                #expect(try await fixture.store.claimDeletableArchives(limit: 9).isEmpty)
                let isOver = try await fixture.store.recordArchiveDeletionFailed(id, error: "busy", actor: "reaper")
                #expect(isOver == (attempt == Store.archiveDeletionAttempts))
                try await fixture.passTime()
            }
            #expect(try await fixture.state(of: id) == "delete_failed")
            #expect(try await fixture.store.claimDeletableArchives(limit: 9).isEmpty)
            // A person asks again.
            #expect(try await fixture.store.deleteCheckpoint(id, in: fixture.workspace, actor: "user"))
            #expect(try await fixture.store.claimDeletableArchives(limit: 9).map(\.attempts) == [0])
        }
    }

    @Test func absenceIsNoFailure() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let id = try await fixture.saved(of: served)
            _ = try await fixture.store.deleteCheckpoint(id, in: fixture.workspace, actor: "user")
            _ = try await fixture.store.claimDeletableArchives(limit: 9)
            try await fixture.store.lookAgain(at: [id], inSeconds: 0)
            #expect(try await fixture.store.claimDeletableArchives(limit: 9).map(\.attempts) == [0])
        }
    }

    @Test func checkpointsExpireOnTime() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let over = try await fixture.saved(of: served, expiresAt: Date(timeIntervalSinceNow: -1))
            let later = try await fixture.saved(of: served, expiresAt: Date(timeIntervalSinceNow: 3600))
            let never = try await fixture.saved(of: served)
            #expect(try await fixture.store.claimExpiredCheckpoints(limit: 9, actor: "reaper") == [over])
            #expect(try await fixture.store.claimExpiredCheckpoints(limit: 9, actor: "reaper").isEmpty)
            for id in [later, never] { #expect(try await fixture.state(of: id) == "current") }
        }
    }

    @Test func halfOfAnArchiveIsDeletedOnceNobodyGoesOnMakingIt() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let archive = fixture.archive(of: served, .snapshot)
            #expect(try await fixture.store.intendArchive(archive, actor: "worker"))
            try await fixture.passTime()
            #expect(try await fixture.store.claimForsakenCandidates(limit: 9, actor: "reaper").isEmpty)
            // A late heartbeat is no proof.
            try await fixture.expireHeartbeat(of: served.worker)
            try await fixture.passTime()
            #expect(try await fixture.store.claimForsakenCandidates(limit: 9, actor: "reaper").isEmpty)
            _ = try await fixture.takenOver(served)
            try await fixture.passTime()
            #expect(try await fixture.store.claimForsakenCandidates(limit: 9, actor: "reaper") == [archive.id])
            #expect(try await fixture.store.claimDeletableArchives(limit: 9).map(\.id) == [archive.id])
        }
    }

    @Test func halfOfAnArchiveOfAReleasedSandboxIsDeleted() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let archive = fixture.archive(of: served)
            #expect(try await fixture.store.intendArchive(archive, actor: "worker"))
            _ = try await fixture.store.release(served.sandbox, epoch: served.epoch, actor: "worker", reason: "stopping")
            try await fixture.passTime()
            #expect(try await fixture.store.claimForsakenCandidates(limit: 9, actor: "reaper") == [archive.id])
            let told = try await fixture.store.checkpoint(archive.id, in: fixture.workspace)
            #expect(told?.error == "whoever saved it is gone")
        }
    }

    @Test func deletedArchivesAreForgottenAfterTheirTime() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let names = ["old", "young", "named", "kept"]
            var archives: [String: ArchiveID] = [:]
            for name in names { archives[name] = try await fixture.saved(of: served) }
            func id(_ name: String) throws -> ArchiveID {
                guard let id = archives[name] else { throw FixtureError("no archive") }
                return id
            }
            for name in names where name != "kept" {
                _ = try await fixture.store.deleteCheckpoint(id(name), in: fixture.workspace, actor: "user")
                try await fixture.store.recordArchiveDeleted(id(name), actor: "reaper")
            }
            for name in ["old", "named"] {
                let old = try id(name)
                try await fixture.postgres.sql(
                    "update archives set settled_at = now() - interval '721 hours' where id = '\(old)'"
                )
            }
            let named = try id("named")
            try await fixture.postgres.sql("update sandboxes set source_archive = '\(named)'")
            #expect(try await fixture.store.forgetDeletedArchives(olderThanHours: 720, limit: 1) == 1)
            #expect(try await fixture.store.forgetDeletedArchives(olderThanHours: 720, limit: 9) == 0)
            for name in names {
                #expect(try await fixture.state(of: id(name)).isEmpty == (name == "old"), "\(name)")
            }
            // Once it is named no more its time is over as well.
            try await fixture.postgres.sql("update sandboxes set source_archive = null")
            #expect(try await fixture.store.forgetDeletedArchives(olderThanHours: 720, limit: 9) == 1)
        }
    }

    @Test func aForkThatNobodyFetchedIsDeletedAfterAnHour() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let fork = try await fixture.saved(of: served, .fork)
            #expect(try await fixture.store.claimForsakenForks(olderThanMinutes: 60, limit: 9, actor: "r").isEmpty)
            try await fixture.postgres.sql("update archives set published_at = now() - interval '61 minutes'")
            #expect(try await fixture.store.claimForsakenForks(olderThanMinutes: 60, limit: 9, actor: "r") == [fork])
            #expect(try await fixture.state(of: fork) == "delete_pending")
        }
    }
}
