import HTTPTypes
import Model
import PostgresClient
import Testing

@testable import Gateway
@testable import Store

@Suite("Restoring checkpoints", .timeLimit(.minutes(2)))
struct RestoreTests {
    private func checkpoint(_ fleet: LedgerFleet, of id: String) async throws -> String {
        let made = try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints")
        return try #require(made.text("id"))
    }

    @Test(arguments: [
        LedgerOwner.Mishap.none, .refuses(Fault(.draining, "d")), .diesAtOnce, .diesHalfWay, .diesAtTheEnd,
    ])
    func itEndsWithAnActiveSandboxWhoeverDies(_ mishap: LedgerOwner.Mishap) async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            let checkpoint = try await checkpoint(fleet, of: id)
            fleet.owner.next(mishap)
            let restored = try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints/\(checkpoint)/restore")
            #expect(restored.status == 200 && restored.text("status") == "active", "\(restored.json)")
            #expect(try Contract().violations(of: restored.json, against: "Sandbox") == [])
            let record = try #require(try await fleet.record(id))
            #expect(record.source == nil && record.intent == .run)
            let asked = try await fleet.pool.query(
                "select count(*) as n from outbox where kind = 'sandbox.restore_asked' and sandbox_id = $1",
                [id]
            )
            #expect(try asked.first?.get("n", as: Int.self) ?? 0 > 0)
        }
    }

    @Test func aDamagedOneIsToldAndTheSandboxKeepsItsFiles() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            let checkpoint = try await checkpoint(fleet, of: id)
            fleet.owner.damage(try #require(ArchiveID(checkpoint)))
            let answer = try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints/\(checkpoint)/restore")
            #expect(answer.status == 422 && answer.code == "archive_damaged", "\(answer.json)")
            #expect(answer.json["details"]?["checkpointId"] == .string(checkpoint))
            #expect(try await fleet.record(id)?.status == .active)
            #expect(try await fleet.send(.get, "/v1/checkpoints/\(checkpoint)").text("error") == "It is damaged.")
        }
    }

    @Test func whyItDoesNotComeUpIsTold() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            let checkpoint = try await checkpoint(fleet, of: id)
            fleet.owner.fail(Fault(.archiveDamaged, "No archive can be read."))
            let path = "/v1/sandboxes/\(id)/checkpoints/\(checkpoint)/restore"
            let answer = try await fleet.send(.post, path)
            #expect(answer.status == 422 && answer.code == "archive_damaged")
            fleet.owner.fail(nil)
            #expect(try await fleet.send(.post, "/v1/sandboxes/\(id)/connect").text("status") == "active")
        }
    }

    @Test func onlyItsOwnCheckpointsAreRestored() async throws {
        try await LedgerFleet.with { fleet in
            let (id, other) = (try await fleet.sandbox(), try await fleet.sandbox())
            let checkpoint = try await checkpoint(fleet, of: other)
            let answer = try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints/\(checkpoint)/restore")
            #expect(answer.status == 404 && answer.code == "checkpoint_not_found")
            _ = try await fleet.send(.delete, "/v1/sandboxes/\(other)")
            let gone = try await fleet.send(.post, "/v1/sandboxes/\(other)/checkpoints/\(checkpoint)/restore")
            #expect(gone.status == 404 && gone.code == "sandbox_not_found")
        }
    }

    @Test func anotherSandboxBeginsWithOneOfADeletedSandbox() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox(#"{"image":"alpine"}"#)
            let checkpoint = try await checkpoint(fleet, of: id)
            #expect(try await fleet.send(.delete, "/v1/sandboxes/\(id)").status == 204)
            #expect(try await fleet.send(.get, "/v1/sandboxes/\(id)/checkpoints").items.count == 1)
            let body = #"{"fromCheckpoint":"\#(checkpoint)","name":"again"}"#
            let key: HTTPFields = [.idempotencyKey: "k"]
            let made = try await fleet.send(.post, "/v1/sandboxes", body, headers: key)
            #expect(made.status == 201 && made.text("image") == "alpine", "\(made.json)")
            #expect(try await fleet.record(made.text("id"))?.placement == LedgerOwner.placement)
            // The same again, though what it was made from is gone by then.
            _ = try await fleet.send(.delete, "/v1/checkpoints/\(checkpoint)")
            let again = try await fleet.send(.post, "/v1/sandboxes", body, headers: key)
            #expect(again.status == 200 && again.text("id") == made.text("id"))
            #expect(try await fleet.send(.post, "/v1/sandboxes", body).code == "checkpoint_not_ready")
        }
    }

    @Test func aNativeOneDecidesProviderAndImage() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            let native = try await checkpoint(fleet, of: id)
            for more in [#""provider":"docker""#, #""image":"alpine""#] {
                let answer = try await fleet.send(.post, "/v1/sandboxes", #"{"fromCheckpoint":"\#(native)",\#(more)}"#)
                #expect(answer.status == 422 && answer.code == "unsupported", "\(answer.json)")
            }
            let saved = try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints", #"{"format":"portable"}"#)
            let body = #"{"fromCheckpoint":"\#(saved.text("id") ?? "")","image":"alpine"}"#
            let made = try await fleet.send(.post, "/v1/sandboxes", body)
            #expect(made.status == 201 && made.text("image") == "alpine")
            for wrong in ["", "nonsense", id] {
                let answer = try await fleet.send(.post, "/v1/sandboxes", #"{"fromCheckpoint":"\#(wrong)"}"#)
                #expect(answer.status == 404 && answer.code == "checkpoint_not_found")
            }
        }
    }
}
