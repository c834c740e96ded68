import HTTPTypes
import Model
import ServiceHost
import Testing

@testable import Gateway
@testable import Store

@Suite("Drains and stops", .timeLimit(.minutes(2)))
struct DrainTests {
    @Test func aDrainedSandboxIsPausedAndComesBack() async throws {
        try await LedgerFleet.with { fleet in
            let id = try await fleet.sandbox()
            for _ in 0..<2 {
                let drained = try await fleet.send(.post, "/v1/sandboxes/\(id)/drain")
                #expect(drained.status == 200 && drained.text("status") == "paused")
                #expect(try Contract().violations(of: drained.json, against: "Sandbox") == [])
            }
            #expect(try await fleet.record(id)?.intent == .run)
            #expect(try await fleet.send(.post, "/v1/sandboxes/\(id)/keepalive").status == 204)
            #expect(try await fleet.record(id)?.status == .active)
        }
    }

    @Test func whatKeepsNothingOrDoesNotRunIsNotDrained() async throws {
        try await LedgerFleet.with { fleet in
            let ephemeral = try await fleet.sandbox(#"{"persistent":false}"#)
            let answer = try await fleet.send(.post, "/v1/sandboxes/\(ephemeral)/drain")
            #expect(answer.status == 422 && answer.code == "unsupported")
            let stopped = try await fleet.sandbox()
            _ = try await fleet.send(.post, "/v1/sandboxes/\(stopped)/stop")
            let refused = try await fleet.send(.post, "/v1/sandboxes/\(stopped)/drain")
            #expect(refused.status == 409 && refused.code == "sandbox_not_active")
            #expect(try await fleet.send(.post, "/v1/sandboxes/\(stopped)/drain", key: "read").status == 403)
            #expect(try await fleet.send(.post, "/v1/sandboxes/nonsense/drain").status == 404)
        }
    }

    @Test func whetherFilesAreKeptIsTheProvidersWayUnlessSaid() async throws {
        let settings = ServiceSettings(values: ["SANDBOX_LOCAL_DELETE_ON_STOP": "true"])
        let ephemeral = try settings.deleteOnStop()
        try await LedgerFleet.with {
            $0.deletesOnStop = ephemeral
        } _: { fleet in
            let usual = try await fleet.sandbox()
            #expect(try await fleet.record(usual)?.persistent == false)
            let kept = try await fleet.sandbox(#"{"persistent":true}"#)
            #expect(try await fleet.record(kept)?.persistent == true)
        }
    }
}
