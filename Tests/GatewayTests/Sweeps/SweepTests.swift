import Bus
import FoundationEssentials
import HTTPTypes
import Model
import NIOConcurrencyHelpers
import SwiftProtobuf
import Testing
import Wire

@testable import Gateway
@testable import Store

@Suite("Sweeping", .timeLimit(.minutes(2)))
struct SweepTests {
    @Test func onlyAnAdminMaySweepAndOnlyWithAKnownBody() async throws {
        try await LedgerFleet.with { fleet in
            #expect(try await fleet.send(.post, "/v1/fleet/sweep", key: "write").status == 403)
            let wrong = try await fleet.send(.post, "/v1/fleet/sweep", #"{"dry":true}"#, key: "admin")
            #expect(wrong.status == 400 && wrong.code == "unknown_field")
            // A worker on record that does not answer.
            let answer = try await fleet.send(.post, "/v1/fleet/sweep", #"{"dryRun":true}"#, key: "admin")
            #expect(answer.status == 200 && answer.json["boxes"] == [])
            #expect(try Contract().violations(of: answer.json, against: "SweepReport") == [])
            guard case .array(let unreached)? = answer.json["unreached"] else {
                Issue.record("no list in \(answer.json)")
                return
            }
            #expect(unreached.map { $0["provider"] } == ["local"] && unreached[0]["code"] == "no_worker")
        }
    }

    @Test func everyPlaceIsLookedAtOnce() {
        let workers = [("a", ["local", "docker"]), ("a", ["local", "selfhosted"]), ("b", ["local"])]
            .map { placement, providers in
                WorkerRecord(
                    id: ID.new(),
                    name: "w",
                    host: "h",
                    pid: 1,
                    version: "0",
                    providers: providers,
                    placement: placement,
                    hostBound: ["local", "docker"],
                    state: .live,
                    startedAt: Date(),
                    heartbeatAge: 0,
                    isValid: true,
                    sandboxes: 0
                )
            }
        let places = SweepController.places(of: workers).map { "\($0.provider) \($0.placement ?? "-")" }
        #expect(places == ["docker a", "local a", "local b", "selfhosted -"])
    }

    @Test func whatIsFoundIsShown() throws {
        let box = WireSweptBox.with {
            $0.externalID = "box"
            $0.verdict = .report
            $0.reason = "no tag"
        }
        let view = SweptBoxView(box, at: .init(provider: "local", placement: "here")).json
        #expect(try Contract().violations(of: view, against: "SweptBox") == [])
        #expect(view["verdict"] == "report" && view["sandboxId"] == .null && view["epoch"] == .null)
        #expect(view["placement"] == "here" && view["deleted"] == false)
    }
}
