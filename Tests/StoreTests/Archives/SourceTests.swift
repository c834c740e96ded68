import FleetTesting
import Model
import ServiceHost
import Store
import Testing

struct SourceTests {
    private func new(_ fixture: StoreFixture, from source: ArchiveID?, provider: String = "local") -> NewSandbox {
        var sandbox = fixture.sandbox()
        sandbox.source = source
        sandbox.provider = provider
        return sandbox
    }

    @Test func aNativeArchiveBindsTheSandboxToItsHost() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let checkpoint = try await fixture.saved(of: served)
            let record = try await fixture.created(new(fixture, from: checkpoint))
            #expect((record.source, record.provider, record.placement) == (checkpoint, "local", "here"))
            guard
                case .elsewhere(placement: "here") = try await fixture.acquire(
                    record.id,
                    for: served.worker,
                    placement: "there"
                )
            else {
                Issue.record("taken where its files are not")
                return
            }
            let leased = try await fixture.lease(record.id, for: served.worker)
            #expect(leased.archives.map(\.id) == [checkpoint])
        }
    }

    @Test func aPortableArchiveBindsToNothing() async throws {
        try await StoreFixture.with { fixture in
            let checkpoint = try await fixture.saved(of: fixture.served(), format: .portable)
            let record = try await fixture.created(new(fixture, from: checkpoint, provider: "other"))
            #expect((record.source, record.provider, record.placement) == (checkpoint, "other", nil))
        }
    }

    @Test func whatCannotBeASourceIsToldAndTakesNoKey() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let snapshot = try await fixture.saved(of: served, .snapshot)
            let deleted = try await fixture.saved(of: served)
            _ = try await fixture.store.deleteCheckpoint(deleted, in: fixture.workspace, actor: "user")
            let key = IdempotencyKey(key: "k", bodyHash: [UInt8](repeating: 1, count: 32))
            for id in [ArchiveID.now(), snapshot, deleted] {
                let outcome = try await fixture.store.create(new(fixture, from: id), idempotency: key)
                guard case .sourceUnknown = outcome else {
                    Issue.record("\(outcome)")
                    continue
                }
            }
            let begun = fixture.archive(of: served)
            _ = try await fixture.store.intendArchive(begun, actor: "worker")
            guard case .sourceNotReady = try await fixture.store.create(new(fixture, from: begun.id), idempotency: key)
            else {
                Issue.record("half of an archive was taken")
                return
            }
            guard case .created = try await fixture.store.create(fixture.sandbox(), idempotency: key) else {
                Issue.record("the key of a refused create was kept")
                return
            }
        }
    }

    @Test func aSourceIsNotCollectedBeforeItsSandboxHasTheFiles() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let checkpoint = try await fixture.saved(of: served)
            let record = try await fixture.created(new(fixture, from: checkpoint))
            _ = try await fixture.store.deleteCheckpoint(checkpoint, in: fixture.workspace, actor: "user")
            #expect(try await fixture.store.claimDeletableArchives(limit: 9).isEmpty)
            let leased = try await fixture.lease(record.id, for: served.worker)
            #expect(leased.archives.map(\.id) == [checkpoint])
            _ = try await fixture.warm(record.id, epoch: leased.record.epoch)
            try await fixture.passTime()
            #expect(try await fixture.store.claimDeletableArchives(limit: 9).map(\.id) == [checkpoint])
        }
    }

    @Test func aFailedCreationHoldsNoSource() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let checkpoint = try await fixture.saved(of: served)
            let record = try await fixture.created(new(fixture, from: checkpoint))
            let epoch = try await fixture.lease(record.id, for: served.worker).record.epoch
            let fault = Fault(.unsupported, "no")
            #expect(try await fixture.store.failCreation(record.id, epoch: epoch, fault: fault, actor: "worker"))
            _ = try await fixture.store.deleteCheckpoint(checkpoint, in: fixture.workspace, actor: "user")
            #expect(try await fixture.store.claimDeletableArchives(limit: 9).map(\.id) == [checkpoint])
        }
    }

    @Test func aForkGoesOnceTheNewSandboxHasItsFiles() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let fork = try await fixture.saved(of: served, .fork)
            let record = try await fixture.created(new(fixture, from: fork))
            let epoch = try await fixture.lease(record.id, for: served.worker).record.epoch
            #expect(try await fixture.state(of: fork) == "current")
            _ = try await fixture.warm(record.id, epoch: epoch)
            #expect(try await fixture.state(of: fork) == "delete_pending")
        }
    }

    @Test func aRestoreComesBeforeTheSnapshots() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let checkpoint = try await fixture.saved(of: served)
            let snapshot = try await fixture.saved(of: served, .snapshot)
            let (id, store) = (served.sandbox, fixture.store)
            var epoch = served.epoch
            for (wanted, expected) in [(checkpoint, [checkpoint, snapshot]), (snapshot, [snapshot])] {
                let begun = try await store.beginRestore(
                    wanted,
                    of: id,
                    epoch: epoch,
                    reason: "restore",
                    actor: "user"
                )
                #expect(begun?.source == wanted && begun?.leaseState == .draining && begun?.intent == .pause)
                #expect(try await store.archives(of: id).map(\.id) == expected)
                #expect(try await store.settle(id, epoch: epoch, as: .pause, keepsBox: false, actor: "user"))
                epoch = try await fixture.lease(id, for: served.worker).record.epoch
                _ = try await fixture.warm(id, epoch: epoch)
            }
        }
    }

    @Test func nothingIsRestoredFromWhatIsNotThere() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let other = try await fixture.served(by: served.worker)
            let foreign = try await fixture.saved(of: other, .snapshot)
            let deleted = try await fixture.saved(of: served)
            _ = try await fixture.store.deleteCheckpoint(deleted, in: fixture.workspace, actor: "user")
            for id in [foreign, deleted, .now()] {
                await #expect {
                    _ = try await fixture.store.beginRestore(
                        id,
                        of: served.sandbox,
                        epoch: served.epoch,
                        reason: "restore",
                        actor: "user"
                    )
                } throws: { error in
                    (error as? Fault)?.code == .checkpointNotFound
                }
            }
            let record = try await fixture.store.leased(served.sandbox, epoch: served.epoch)
            #expect(record?.source == nil && record?.leaseState == .warm)
        }
    }
}
