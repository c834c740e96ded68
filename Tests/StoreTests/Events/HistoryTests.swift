import FleetTesting
import Model
import ServiceHost
import Store
import Testing

struct HistoryTests {
    @Test func aLifeIsToldInItsOrderAlsoAfterItsEnd() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            _ = try await fixture.saved(of: served, .snapshot)
            let next = try await fixture.takenOver(served)
            let store = fixture.store
            let box = BoxID.now()
            _ = try await store.intendBox(
                box,
                of: next.sandbox,
                epoch: next.epoch,
                provider: "local",
                binding: ("host", "here"),
                deadline: 30,
                actor: "worker/2"
            )
            try await store.recordBox(box, epoch: next.epoch, externalID: "b", state: .live, actor: "worker/2")
            _ = try await store.intend(.delete, for: next.sandbox, in: fixture.workspace, reason: "api", actor: "key/1")
            _ = try await store.beginDraining(next.sandbox, epoch: next.epoch, intent: .delete, reason: "api", actor: "worker/2")
            try await store.recordBox(box, epoch: next.epoch, externalID: "b", state: .deleted, actor: "worker/2")
            _ = try await store.settle(next.sandbox, epoch: next.epoch, as: .delete, keepsBox: false, actor: "worker/2")
            let events = try #require(try await store.history(of: next.sandbox, in: fixture.workspace, after: nil, limit: 100))
            try #require(
                events.map(\.kind) == [
                    "sandbox.created", "sandbox.acquired", "box.intended", "sandbox.active", "snapshot.begun",
                    "snapshot.published", "sandbox.acquired", "sandbox.active", "box.intended", "box.live",
                    "sandbox.delete_asked", "sandbox.draining", "box.deleted", "snapshot.delete_pending",
                    "sandbox.deleted",
                ]
            )
            #expect(events.map(\.id) == events.map(\.id).sorted())
            #expect(events[6].payload.contains(#""reason": "owner_dead""#))
            #expect(events[6].payload.contains(#""epoch": 2"#))
            #expect(events[10].actor == "key/1")
            #expect(events[12].payload.contains(#""reason": "api""#))
            let page = try #require(
                try await store.history(of: next.sandbox, in: fixture.workspace, after: events[3].id, limit: 2)
            )
            #expect(page.map(\.id) == [events[4].id, events[5].id])
            #expect(try await store.history(of: next.sandbox, in: .now(), after: nil, limit: 9) == nil)
            #expect(try await store.history(of: .now(), in: fixture.workspace, after: nil, limit: 9) == nil)
        }
    }

    @Test func whoKilledAProcessIsNamed() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let process = try await fixture.started(fixture.command("true"), in: served).id
            try await fixture.store.noteKill(process, in: fixture.workspace, actor: "key/7")
            let reason = ProcessEnd.Reason.cancelled
            _ = try await fixture.end(process, of: served, as: ProcessEnd(.killed, signal: "TERM", reason: reason))
            let events = try await fixture.store.history(of: served.sandbox, in: fixture.workspace, after: nil, limit: 99)
            #expect(events?.last?.kind == "process.killed")
            #expect(events?.last?.actor == "key/7")
        }
    }

    @Test func publishedEventsAreForgottenInBatches() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let store = fixture.store
            #expect(try await store.forgetPublishedEvents(olderThanHours: 1, limit: 9) == 0)
            try await fixture.postgres.sql(
                "update outbox set published_at = now() - interval '2 hours' where kind in ('sandbox.created', 'box.intended')"
            )
            #expect(try await store.forgetPublishedEvents(olderThanHours: 3, limit: 9) == 0)
            #expect(try await store.forgetPublishedEvents(olderThanHours: 1, limit: 1) == 1)
            #expect(try await store.forgetPublishedEvents(olderThanHours: 1, limit: 9) == 1)
            let left = try await store.history(of: served.sandbox, in: fixture.workspace, after: nil, limit: 9)
            #expect(left?.map(\.kind) == ["sandbox.acquired", "sandbox.active"])
        }
    }
}
