import Model
import ProviderKit
import Testing

@Suite
struct ProviderSelectionTests {
    private static let served: [Descriptor] = [
        .fixture("local") {
            $0.ports = .no("ports of local boxes are not forwarded")
            $0.portMoment = nil
        },
        .fixture("daytona") {
            $0.desktop = .yes
            $0.regions = ["eu", "us"]
            $0.reservedPorts = [22]
        },
        .fixture("aws") {
            $0.os = "windows"
            $0.networkPolicies = [.full]
            $0.snapshots = .no("it saves nothing")
        },
        .fixture("selfhosted") { $0.isUsersMachine = true },
    ]

    private func choose(
        _ wish: String? = nil,
        fallback: String = "local",
        _ needs: ProviderNeeds = ProviderNeeds()
    ) throws -> String {
        try ProviderSelection(Self.served, fallback: fallback).choose(wish, needs)
    }

    @Test func theDefaultIfItDoesAndElseWhoDoes() throws {
        #expect(try choose() == "local")
        #expect(try choose(ProviderNeeds(networkPolicy: .full)) == "local")
        #expect(try choose(ProviderNeeds(ports: [8080])) == "aws")
        #expect(try choose(ProviderNeeds(networkPolicy: NetworkPolicy.none, ports: [8080])) == "daytona")
        #expect(try choose(ProviderNeeds(desktop: true)) == "daytona")
        #expect(try choose(ProviderNeeds(region: "eu")) == "daytona")
        #expect(try choose(ProviderNeeds(os: "windows")) == "aws")
    }

    private func choose(_ needs: ProviderNeeds) throws -> String { try choose(nil, needs) }

    @Test func whoWasAskedForIsNeverReplaced() throws {
        #expect(try choose("daytona") == "daytona")
        let error = #expect(throws: DriverError.self) { try choose("local", ProviderNeeds(ports: [8080])) }
        #expect(
            error
                == DriverError(
                    .unsupported,
                    "local cannot do this: ports: ports of local boxes are not forwarded."
                )
        )
        // Nobody serves it at the moment: the sandbox waits.
        #expect(try choose("vercel", ProviderNeeds(ports: [8080])) == "vercel")
        #expect(try choose(nil, fallback: "vercel", ProviderNeeds(desktop: true)) == "vercel")
    }

    @Test func whenNobodyCanEveryReasonIsTold() {
        let needs = ProviderNeeds(os: "plan9", ports: [22])
        let error = #expect(throws: DriverError.self) { try choose(needs) }
        #expect(error?.kind == .unsupported)
        for words in [
            "local: its boxes run linux, not plan9, ports: ports of local boxes are not forwarded",
            "daytona: its boxes run linux, not plan9, it keeps the port 22 for itself", "aws: its boxes run windows",
        ] {
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
        #expect(error?.message.contains("selfhosted") == false)
    }

    @Test func noneRefusesEverythingWithItsReason() {
        for (wish, fallback) in [("none", "local"), (nil, "none")] {
            let error = #expect(throws: DriverError.self) { try choose(wish, fallback: fallback) }
            #expect(error == DriverError(.unsupported, ProviderSelection.noneReason))
        }
        #expect(throws: Never.self) { try choose("local", fallback: "none") }
    }

    @Test func everyNeedHasItsReason() {
        let poor = Descriptor.fixture("poor") {
            $0.ports = .no("A")
            $0.snapshots = .no("B")
            $0.memoryLimit = .no("C")
            $0.cpuLimit = .no("D")
            $0.diskLimit = .no("E")
            $0.networkPolicies = [.full]
        }
        let needs = ProviderNeeds(
            os: "bsd",
            region: "eu",
            desktop: true,
            snapshots: true,
            volumes: true,
            networkPolicy: NetworkPolicy.none,
            ports: [80],
            resources: Resources(vcpus: 1, memoryMb: 1, diskMb: 1)
        )
        #expect(needs.obstacles(in: poor).count == 10)
        #expect(ProviderNeeds().obstacles(in: poor).isEmpty)
    }
}
