import HTTPTypes
import Model
import PostgresClient
import Testing
import Wire

@testable import Gateway
@testable import Store

@Suite("Checkpoints", .timeLimit(.minutes(2)))
struct CheckpointTests {
    @Test func oneIsSavedShownListedAndDeleted() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            let made = try await fleet.send(
                .post,
                "/v1/sandboxes/\(id)/checkpoints",
                #"{"comment":"before","expiresInMs":60000,"format":"portable"}"#
            )
            #expect(made.status == 201, "\(made.json)")
            let contract = try Contract()
            #expect(contract.violations(of: made.json, against: "Checkpoint") == [])
            #expect(made.text("status") == "ready" && made.text("sandboxId") == id && made.text("comment") == "before")
            #expect(made.text("format") == "portable" && made.json["sizeBytes"] == 7 && made.text("expiresAt") != nil)
            #expect(made.json["consistent"] == false)
            let checkpoint = try #require(made.text("id"))
            #expect(try await fleet.send(.get, "/v1/checkpoints/\(checkpoint)", key: "read").json == made.json)

            let second = try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints")
            #expect(second.json["consistent"] == true)
            #expect(second.status == 201 && second.json["expiresAt"] == .null && second.json["comment"] == .null)
            for path in ["/v1/checkpoints", "/v1/sandboxes/\(id)/checkpoints"] {
                let first = try await fleet.send(.get, path + "?limit=1", key: "read")
                #expect(contract.violations(of: first.json, against: "CheckpointPage") == [])
                #expect(first.items == [second.json])
                let cursor = try #require(first.text("nextCursor"))
                let rest = try await fleet.send(.get, path + "?limit=1&cursor=\(cursor)", key: "read")
                #expect(rest.items == [made.json] && rest.json["nextCursor"] == .null)
            }

            for _ in 0..<2 {
                #expect(try await fleet.send(.delete, "/v1/sandboxes/\(id)/checkpoints/\(checkpoint)").status == 204)
            }
            let gone = try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints/\(checkpoint)/restore")
            #expect(gone.status == 409 && gone.code == "checkpoint_not_ready")
            #expect(try await fleet.send(.delete, "/v1/checkpoints/\(second.text("id") ?? "")").status == 204)
        }
    }

    @Test func pausedSandboxesAreAwokenAndStoppedOnesAreNot() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            #expect(try await fleet.send(.post, "/v1/sandboxes/\(id)/drain").text("status") == "paused")
            #expect(try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints").status == 201)
            #expect(try await fleet.record(id)?.status == .active)
            #expect(try await fleet.send(.post, "/v1/sandboxes/\(id)/stop").status == 200)
            let refused = try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints")
            #expect(refused.status == 409 && refused.code == "sandbox_not_active")
        }
    }

    @Test func theSameOperationSavesOnce() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            let path = "/v1/sandboxes/\(id)/checkpoints"
            let body = #"{"comment":"c","expiresInMs":90000}"#
            let operation: HTTPFields = [.operationID: "op-1"]
            let first = try await fleet.send(.post, path, body, headers: operation)
            let asked = fleet.owner.requests.count
            let again = try await fleet.send(.post, path, body, headers: operation)
            #expect(first.status == 201 && again.status == 200 && first.json == again.json)
            #expect(fleet.owner.requests.count == asked)
            let other = try await fleet.send(.post, path, #"{"comment":"d","expiresInMs":90000}"#, headers: operation)
            #expect(other.status == 409 && other.code == "operation_conflict")
            // Of another sandbox it is another operation.
            let second = try await fleet.send(
                .post,
                "/v1/sandboxes/\(try await fleet.sandbox())/checkpoints",
                body,
                headers: operation
            )
            #expect(second.status == 201 && second.text("id") != first.text("id"))
            _ = try await fleet.send(.delete, "/v1/checkpoints/\(first.text("id") ?? "")")
            #expect(try await fleet.send(.post, path, body, headers: operation).code == "operation_conflict")
        }
    }

    @Test(arguments: [LedgerOwner.Mishap.diesAtOnce, .diesHalfWay, .diesAtTheEnd])
    func anOwnerThatDiesLeavesOneWholeCheckpoint(_ mishap: LedgerOwner.Mishap) async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            let path = "/v1/sandboxes/\(id)/checkpoints"
            fleet.owner.next(mishap)
            let made = try await fleet.send(.post, path, headers: [.operationID: "op"])
            #expect(made.status == 201 && made.text("status") == "ready", "\(made.json)")
            let again = try await fleet.send(.post, path, headers: [.operationID: "op"])
            #expect(again.status == 200 && again.text("id") == made.text("id"))
            let ready = try await fleet.send(.get, path).items.filter { $0["status"] == "ready" }
            #expect(ready == [made.json])
        }
    }

    @Test func whatCameToNothingIsSavedAgainUnderAnotherId() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            let path = "/v1/sandboxes/\(id)/checkpoints"
            let operation: HTTPFields = [.operationID: "op"]
            fleet.owner.next(.diesHalfWay, .refuses(Fault(.providerFailed, "p")))
            #expect(try await fleet.send(.post, path, headers: operation).code == "provider_failed")
            let begun = try #require(try await fleet.send(.get, path).items.first?["id"])
            guard case .string(let half) = begun else {
                Issue.record("no id: \(begun)")
                return
            }
            try await fleet.store.abandonArchive(try #require(ArchiveID(half)), reason: "gone", actor: "test")
            let shown = try await fleet.send(.get, "/v1/checkpoints/\(half)")
            #expect(shown.text("status") == "failed" && shown.text("error") == "gone")
            let made = try await fleet.send(.post, path, headers: operation)
            #expect(made.status == 201 && made.text("id") != half)
            #expect(fleet.owner.requests.last?.operationID == "op.1")
            #expect(try await fleet.send(.post, path, headers: operation).text("id") == made.text("id"))
        }
    }

    @Test func whoHandsOverIsAskedAgain() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            fleet.owner.next(.refuses(Fault(.draining, "d")), .refuses(Fault(.moving, "m")))
            #expect(try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints").status == 201)
            fleet.owner.next(.refuses(Fault(.diskFull, "f")))
            let full = try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints")
            #expect(full.status == 507 && full.code == "disk_full")
        }
    }

    @Test func wrongInputIsRefusedBeforeAnythingIsAsked() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            let path = "/v1/sandboxes/\(id)/checkpoints"
            let asked = fleet.owner.requests.count
            for (body, code) in [
                (#"{"expiresInMs":-1}"#, "invalid_request"), (#"{"expiresInMs":1.5}"#, "invalid_request"),
                (#"{"format":"zip"}"#, "invalid_request"), (#"{"comment":7}"#, "invalid_request"),
                (#"{"comment":"a\u0000b"}"#, "invalid_request"), (#"{"expires":1}"#, "unknown_field"),
                ("[]", "invalid_request"), ("{", "malformed_json"),
            ] {
                let answer = try await fleet.send(.post, path, body)
                #expect(answer.status == 400 && answer.code == code, "\(body)")
            }
            #expect(try await fleet.send(.post, path, headers: [.operationID: "a b"]).status == 400)
            #expect(try await fleet.send(.get, path + "?cursor=x").status == 400)
            #expect(try await fleet.send(.get, "/v1/checkpoints?state=ready").code == "unknown_field")
            #expect(try await fleet.send(.post, path, key: "read").status == 403)
            for method in [HTTPRequest.Method.get, .delete] {
                for unknown in ["nonsense", ID.new(of: Kind.Archive.self).rawValue, id] {
                    let answer = try await fleet.send(method, "/v1/checkpoints/\(unknown)")
                    #expect(answer.status == 404 && answer.code == "checkpoint_not_found")
                }
            }
            let nowhere = try await fleet.send(.post, "/v1/sandboxes/\(ID.new(of: Kind.Sandbox.self))/checkpoints")
            #expect(nowhere.status == 404 && nowhere.code == "sandbox_not_found")
            #expect(try await fleet.send(.get, "/v1/sandboxes/nonsense/checkpoints").code == "sandbox_not_found")
            #expect(fleet.owner.requests.count == asked)
        }
    }

    @Test func anotherWorkspacesAreNotThere() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            let made = try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints")
            let checkpoint = try #require(made.text("id"))
            let foreign: WorkspaceID = ID.new()
            try await fleet.add(foreign, "foreign")
            _ = try await fleet.pool.query("update archives set workspace_id = $1", [foreign.rawValue])
            for (method, path) in [
                (HTTPRequest.Method.get, "/v1/checkpoints/\(checkpoint)"),
                (.delete, "/v1/checkpoints/\(checkpoint)"),
                (.delete, "/v1/sandboxes/\(id)/checkpoints/\(checkpoint)"),
                (.post, "/v1/sandboxes/\(id)/checkpoints/\(checkpoint)/restore"),
            ] {
                #expect(try await fleet.send(method, path).code == "checkpoint_not_found")
            }
            #expect(try await fleet.send(.get, "/v1/checkpoints").items.isEmpty)
            let body = #"{"fromCheckpoint":"\#(checkpoint)"}"#
            #expect(try await fleet.send(.post, "/v1/sandboxes", body).code == "checkpoint_not_found")
        }
    }

    @Test func whatIsBeingSavedCannotBeUsed() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            let checkpoint = try await fleet.send(.post, "/v1/sandboxes/\(id)/checkpoints").text("id") ?? ""
            for statement in [
                "alter table archives disable trigger all", "update archives set state = 'candidate'",
            ] {
                _ = try await fleet.pool.query(statement)
            }
            let shown = try await fleet.send(.get, "/v1/checkpoints/\(checkpoint)")
            #expect(shown.text("status") == "saving")
            for (method, path, body) in [
                (HTTPRequest.Method.post, "/v1/sandboxes/\(id)/checkpoints/\(checkpoint)/restore", ""),
                (.post, "/v1/sandboxes", #"{"fromCheckpoint":"\#(checkpoint)"}"#),
                (.post, "/v1/sandboxes/\(id)/fork", #"{"checkpoint":"\#(checkpoint)"}"#),
            ] {
                let answer = try await fleet.send(method, path, body)
                #expect(answer.status == 409 && answer.code == "checkpoint_not_ready", "\(path)")
            }
        }
    }
}
