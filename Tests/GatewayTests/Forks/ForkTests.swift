import HTTPTypes
import Model
import PostgresClient
import SwiftProtobuf
import Testing
import Wire

@testable import Gateway
@testable import Store

@Suite("Forks", .timeLimit(.minutes(2)))
struct ForkTests {
    private static let origin =
        #"{"name":"origin","env":{"SECRET":"s"},"metadata":{"m":"1"},"tags":{"t":"1"},"timeoutMs":900000,"#
        + #""idleTimeoutMs":800000,"image":"alpine","networkPolicy":"full"}"#

    /// What a worker that takes its lease is told of its environment.
    private func environment(_ fleet: LedgerFleet, of id: String?) async throws -> [String: String] {
        let id = try #require(id.flatMap { SandboxID($0) })
        let rows = try await fleet.pool.query("select env_sealed from sandboxes where id = $1", [id.rawValue])
        return try fleet.store.sealer.open(try rows.first?.get("env_sealed", as: [UInt8]?.self), for: id)
    }

    @Test func whatIsNotSaidIsAsTheOtherHasIt() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox(Self.origin)
            let fork = try await fleet.send(.post, "/v1/sandboxes/\(id)/fork")
            #expect(fork.status == 201 && fork.text("status") == "active", "\(fork.json)")
            #expect(try Contract().violations(of: fork.json, against: "Sandbox") == [])
            let origin = try await fleet.send(.get, "/v1/sandboxes/\(id)")
            for field in [
                "metadata", "tags", "timeoutMs", "idleTimeoutMs", "image", "networkPolicy", "persistent", "resources",
            ] {
                #expect(fork.json[field] == origin.json[field], "\(field)")
            }
            #expect(fork.text("id") != id && fork.json["name"] == .null)
            #expect(try await environment(fleet, of: fork.text("id")) == ["SECRET": "s"])
            #expect(try await fleet.record(fork.text("id"))?.placement == LedgerOwner.placement)
            #expect(fleet.owner.requests.last?.saveCheckpoint.forFork == true)
            // What was saved for it is no checkpoint of the user's.
            #expect(try await fleet.send(.get, "/v1/checkpoints").items.isEmpty)

            let body =
                #"{"name":"n","persistent":false,"timeoutMs":5000,"idleTimeoutMs":4000,"env":{},"metadata":{"x":"y"},"#
                + #""tags":{}}"#
            let other = try await fleet.send(.post, "/v1/sandboxes/\(id)/fork", body)
            #expect(other.text("name") == "n" && other.json["persistent"] == false && other.json["timeoutMs"] == 5000)
            #expect(other.json["idleTimeoutMs"] == 4000 && other.json["tags"] == .object([]))
            #expect(other.json["metadata"] == ["x": "y"])
            #expect(try await environment(fleet, of: other.text("id")).isEmpty)
        }
    }

    @Test func aCheckpointOfAStoppedSandboxWillDo() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            let saved = try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints")
            _ = try await fleet.send(.post, "/v1/sandboxes/\(id)/stop")
            let refused = try await fleet.send(.post, "/v1/sandboxes/\(id)/fork")
            #expect(refused.status == 409 && refused.code == "sandbox_not_active")
            let body = #"{"checkpoint":"\#(saved.text("id") ?? "")"}"#
            #expect(try await fleet.send(.post, "/v1/sandboxes/\(id)/fork", body).status == 201)
            let other = try await fleet.sandbox()
            let foreign = try await fleet.send(.post, "/v1/sandboxes/\(other)/fork", body)
            #expect(foreign.status == 404 && foreign.code == "checkpoint_not_found")
        }
    }

    @Test func theSameKeyForksOnce() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            let key: HTTPFields = [.idempotencyKey: "a key with spaces"]
            let path = "/v1/sandboxes/\(id)/fork"
            fleet.owner.next(.diesHalfWay)
            let first = try await fleet.send(.post, path, #"{"tags":{"a":"1","b":"2"}}"#, headers: key)
            let asked = fleet.owner.requests.count
            let again = try await fleet.send(.post, path, #"{ "tags": {"b":"2","a":"1"} }"#, headers: key)
            #expect(first.status == 201 && again.status == 200 && first.text("id") == again.text("id"))
            #expect(fleet.owner.requests.count == asked)
            #expect(try await fleet.send(.post, path, "{}", headers: key).code == "idempotency_conflict")
            let other = try await fleet.sandbox()
            let elsewhere = try await fleet.send(
                .post,
                "/v1/sandboxes/\(other)/fork",
                #"{"tags":{"a":"1","b":"2"}}"#,
                headers: key
            )
            #expect(elsewhere.code == "idempotency_conflict")
            // Also once the forked sandbox is gone.
            _ = try await fleet.send(.delete, "/v1/sandboxes/\(id)")
            #expect(try await fleet.send(.post, path, #"{"tags":{"a":"1","b":"2"}}"#, headers: key).status == 200)
            #expect(try await fleet.send(.post, path).code == "sandbox_not_found")
        }
    }

    @Test func wrongInputIsRefused() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox(#"{"name":"taken"}"#)
            for (body, status, code) in [
                (#"{"provider":"local"}"#, 400, "unknown_field"), (#"{"timeoutMs":0}"#, 400, "invalid_request"),
                (#"{"env":{"A=B":"c"}}"#, 400, "invalid_request"), (#"{"checkpoint":"x"}"#, 404, "checkpoint_not_found"),
                (#"{"name":"taken"}"#, 409, "name_taken"),
            ] {
                let answer = try await fleet.send(.post, "/v1/sandboxes/\(id)/fork", body)
                #expect(answer.status == status && answer.code == code, "\(body): \(answer.json)")
            }
            #expect(try await fleet.send(.post, "/v1/sandboxes/\(id)/fork", key: "read").status == 403)
        }
    }
}
