import FleetTesting
import Model
import ServiceHost
import Store
import Testing

struct EndingBoxTests {
    /// Records a life and looks how long before its end the box is due, in seconds.
    private func margin(ofLife seconds: Int) async throws -> Int {
        var margin = ""
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            try await fixture.store.recordBox(served.box, epoch: 1, externalID: "b", state: .live, lifetime: seconds, actor: "w")
            margin = try await fixture.postgres.sql("select round(extract(epoch from ends_at - drain_at)) from boxes")
        }
        return try #require(Int(margin.filter { !$0.isWhitespace }))
    }

    @Test func aBoxIsDueFiveMinutesBeforeItsEnd() async throws {
        #expect(try await margin(ofLife: 24 * 3600) == 300)
    }

    @Test func aShortLifeIsDueAfterNineTenths() async throws {
        #expect((59...61).contains(try await margin(ofLife: 600)))
    }

    @Test func boxesThatEndSoonAreClaimedOnce() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            let other = try await fixture.served(by: served.worker)
            let store = fixture.store
            try await store.recordBox(served.box, epoch: 1, externalID: "a", state: .live, lifetime: 1, actor: "w")
            try await store.recordBox(other.box, epoch: 1, externalID: "b", state: .live, lifetime: 3600, actor: "w")
            try await fixture.postgres.sql("update boxes set drain_at = drain_at - interval '2 seconds'")
            let due = try await store.claimEnding(limit: 9)
            #expect(due.map(\.id) == [served.sandbox])
            #expect(due.first?.placement == "here")
            #expect(try await store.claimEnding(limit: 9).isEmpty)
            // What the owner learns again later counts from then.
            try await store.recordBox(served.box, epoch: 1, externalID: "a", state: .live, lifetime: 7200, actor: "w")
            try await fixture.postgres.sql("update boxes set drain_at = drain_at - interval '1 minute'")
            #expect(try await store.claimEnding(limit: 9).isEmpty)
        }
    }

    @Test func aStoppedBoxIsNotDue() async throws {
        try await StoreFixture.with { fixture in
            let served = try await fixture.served()
            try await fixture.store.recordBox(served.box, epoch: 1, externalID: "a", state: .live, lifetime: 1, actor: "w")
            try await fixture.store.recordBox(served.box, epoch: 1, externalID: "a", state: .stopped, actor: "w")
            try await fixture.postgres.sql("update boxes set drain_at = drain_at - interval '1 hour'")
            #expect(try await fixture.store.claimEnding(limit: 9).isEmpty)
        }
    }
}
