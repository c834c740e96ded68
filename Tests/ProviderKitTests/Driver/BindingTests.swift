import Foundation
import Model
import ProviderKit
import Testing

/// A NotFound is proof under the very binding that made the box, and nowhere else.
@Suite
struct BindingTests {
    private static let home = Binding(
        account: "team_1",
        project: "prj_1",
        region: "iad1",
        baseURL: "https://API.example.com/v1/",
        placement: nil
    )

    private static func binding(_ change: (inout Binding) -> Void) -> Binding {
        var binding = home
        change(&binding)
        return binding
    }

    @Test func aBoxOfThisBindingIsGone() {
        let envelope = Self.home.envelope(provider: "vercel", box: "sbx_1", other: ["session": "s"], ports: [80])
        #expect(envelope.boxId == "sbx_1")
        #expect(envelope.sessionState.exposedPorts == [80])
        #expect(envelope.sessionState.providerState["session"] == "s")
        #expect(Self.home.obstacle(to: envelope) == nil)
        #expect(Self.home.verdict(onNotFoundOf: envelope).kind == .gone)
        let sameElsewhere = Binding(
            account: "team_1",
            project: "prj_1",
            region: "iad1",
            baseURL: "HTTPS://api.example.com/v1"
        )
        #expect(sameElsewhere.verdict(onNotFoundOf: envelope).kind == .gone)
    }

    @Test(arguments: [
        (binding { $0.account = "team_2" }, DriverError.Kind.unauthorized),
        (binding { $0.project = "prj_2" }, .unauthorized), (binding { $0.project = nil }, .unauthorized),
        (binding { $0.region = "fra1" }, .unauthorized), (binding { $0.region = nil }, .unauthorized),
        (binding { $0.baseURL = "https://other.example.com/v1" }, .unauthorized),
        (binding { $0.baseURL = nil }, .unauthorized), (binding { $0.placement = "host" }, .placementOffline),
    ])
    func aBoxOfAnotherIsNeverGone(other: Binding, kind: DriverError.Kind) {
        let envelope = other.envelope(provider: "vercel", box: "sbx_1")
        #expect(Self.home.verdict(onNotFoundOf: envelope).kind == kind)
        #expect(Self.home.obstacle(to: envelope)?.kind == kind)
        // The other way round it is another's as well.
        let ours = Self.home.envelope(provider: "vercel", box: "sbx_1")
        #expect(other.verdict(onNotFoundOf: ours).kind == kind)
    }

    @Test func anEnvelopeThatDoesNotSayProvesNothing() {
        var envelope = Self.home.envelope(provider: "vercel", box: "sbx_1")
        for key in ["account", "project", "region", "baseURL"] {
            var partial = envelope
            partial.sessionState.providerState[key] = nil
            #expect(Self.home.verdict(onNotFoundOf: partial).kind == .unauthorized)
        }
        envelope.sessionState.providerState = ["boxId": "sbx_1"]
        #expect(Self.home.verdict(onNotFoundOf: envelope).kind == .unauthorized)
    }

    @Test func oldBindingsAreStillRead() throws {
        let old = try JSONDecoder().decode(Binding.self, from: Data(#"{"account":"a","placement":"p"}"#.utf8))
        #expect(old == Binding(account: "a", placement: "p"))
        #expect(old.state == ["account": "a", "placement": "p"])
    }
}
