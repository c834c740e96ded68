import HTTPTypes
import Model
import PostgresClient
import Testing

@testable import Gateway
@testable import Store

@Suite("Names and keys", .timeLimit(.minutes(2)))
struct ReuseTests {
    private static let body = #"{"name":"mine","reuse":true}"#

    @Test func theHolderOfTheNameIsAnsweredWhateverItsState() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox(Self.body)
            for ending in ["keepalive", "drain", "stop"] {
                _ = try await fleet.send(.post, "/v1/sandboxes/\(id)/\(ending)")
                let again = try await fleet.send(.post, "/v1/sandboxes", Self.body)
                #expect(again.status == 200 && again.text("id") == id && again.text("status") == "active", "\(ending)")
            }
            let taken = try await fleet.send(.post, "/v1/sandboxes", #"{"name":"mine"}"#)
            #expect(taken.status == 409 && taken.code == "name_taken")
            #expect(try await fleet.send(.post, "/v1/sandboxes", #"{"reuse":true}"#).status == 400)
        }
    }

    @Test func oneThatIsBeingDeletedMakesRoom() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox(Self.body)
            _ = try await fleet.store.intend(
                .delete,
                for: try #require(SandboxID(id)),
                in: TestGateway.workspace,
                actor: "test"
            )
            let next = try await fleet.send(.post, "/v1/sandboxes", Self.body)
            #expect(next.status == 201 && next.text("id") != id, "\(next.json)")
            #expect(try await fleet.record(id) == nil)
        }
    }

    @Test func manyAtOnceGetTheSameOne() async throws {
        try await LedgerFleet.with { fleet in
            for headers: HTTPFields in [[:], [.idempotencyKey: "k"]] {
                let body = headers.isEmpty ? Self.body : "{}"
                let answers = try await withThrowingTaskGroup(of: TestGateway.Answer.self) { group in
                    for _ in 0..<6 {
                        group.addTask { try await fleet.send(.post, "/v1/sandboxes", body, headers: headers) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                #expect(Set(answers.map { $0.text("id") ?? "-" }).count == 1)
                #expect(
                    answers.filter { $0.status == 201 }.count == 1 && answers.allSatisfy { $0.status < 300 },
                    "\(answers.map { "\($0.status) \($0.code ?? "")" })"
                )
            }
        }
    }

    @Test func aFailedCreationIsAnsweredAgain() async throws {
        try await LedgerFleet.with { fleet in
            let key: HTTPFields = [.idempotencyKey: "k"]
            let made = try await fleet.send(.post, "/v1/sandboxes", "{}", headers: key)
            _ = try await fleet.pool.query("alter table sandboxes disable trigger all")
            _ = try await fleet.pool.query(
                """
                update sandboxes set lease_state = 'cold', owner = null, status = 'error', envelope = null,
                    error_code = 'limit_not_supported', error_message = 'No.' where id = $1
                """,
                [made.text("id")]
            )
            for _ in 0..<2 {
                let again = try await fleet.send(.post, "/v1/sandboxes", "{}", headers: key)
                #expect(again.status == 422 && again.code == "limit_not_supported", "\(again.json)")
            }
        }
    }
}
