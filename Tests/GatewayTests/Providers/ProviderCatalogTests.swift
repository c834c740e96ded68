import Model
import ProviderKit
import Testing

@testable import Gateway

@Suite("The providers")
struct ProviderCatalogTests {
    static let descriptors = [descriptor("local"), descriptor("other", ports: .yes)]

    private static func descriptor(_ name: String, ports: Descriptor.Support = .no("not forwarded")) -> Descriptor {
        Descriptor(
            name: name,
            os: "linux",
            hostBound: true,
            regions: ["here"],
            streaming: .yes,
            stdin: .yes,
            signals: .yes,
            pty: .no("it has none"),
            files: .yes,
            ports: ports,
            portMoment: ports.isSupported ? .predeclared : nil,
            snapshots: .yes,
            survivesSnapshot: false,
            snapshotMethod: .layers,
            snapshotObstacle: "no btrfs",
            networkPolicies: [.none],
            memoryLimit: .yes,
            cpuLimit: .yes,
            diskLimit: .yes,
            persistence: .yes,
            idempotentCreate: .uniqueName,
            processAttach: .yes,
            hardDeadlineSeconds: 3600,
            createDeadlineSeconds: 30,
            listingDelaySeconds: 0
        )
    }

    private func catalog(fallback: String = "local") -> ProviderCatalog {
        ProviderCatalog(served: ["local", "other", "silent"], descriptors: Self.descriptors, fallback: fallback)
    }

    private func entry(_ name: String) throws -> JSONValue {
        try #require(catalog().entries.first { $0["name"] == .string(name) })
    }

    @Test func everyNoHasItsReason() throws {
        let local = try entry("local")
        #expect(local["available"] == .bool(true) && local["default"] == .bool(true))
        #expect(local["can"]?["ports"]?["supported"] == .bool(false))
        #expect(local["can"]?["ports"]?["reason"] == .string("not forwarded"))
        #expect(local["can"]?["pty"]?["reason"] == .string("it has none"))
        #expect(local["can"]?["exec"] == .compact(["supported": .bool(true)]))
        #expect(local["snapshot"]?["boxSurvives"] == .bool(false))
        #expect(local["hardDeadlineSeconds"] == .integer(3600))
        #expect(local["ports"] == nil)
        #expect(try entry("other")["ports"] == .string("predeclared"))
        #expect(try entry("docker")["reason"] == .string("No worker serves it at the moment."))
        #expect(try entry("none")["reason"] == .string("It stands for no provider."))
        // Served by a worker that says nothing that is understood.
        let silent = try entry("silent")
        #expect(silent["available"] == .bool(true) && silent["can"] == nil)
    }

    @Test func whoIsChosen() throws {
        #expect(try catalog().choose(nil, ProviderNeeds()) == "local")
        #expect(try catalog().choose(nil, ProviderNeeds(ports: [80])) == "other")
        // Its worker says what it cannot do.
        #expect(try catalog().choose("local", ProviderNeeds(ports: [80])) == "local")
        #expect(try catalog().choose("vercel", ProviderNeeds()) == "vercel")
        let unknown = #expect(throws: Fault.self) { try catalog().choose("nowhere", ProviderNeeds()) }
        #expect(unknown?.code == .unknownProvider)
        for (wish, fallback) in [("none", "local"), (nil, "none")] {
            let refused = #expect(throws: Fault.self) {
                try catalog(fallback: fallback).choose(wish, ProviderNeeds())
            }
            #expect(refused?.code == .unsupported)
            #expect(refused?.message == ProviderSelection.noneReason)
        }
    }
}
