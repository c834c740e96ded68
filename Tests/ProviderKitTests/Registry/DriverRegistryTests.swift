import Model
import ProviderKit
import Testing

@Suite
struct DriverRegistryTests {
    @Test func whatIsRightPasses() throws {
        try DriverRegistry.check([.fixture("docker"), .fixture("e2b") { $0.listingDelaySeconds = 30 }])
        #expect(Descriptor.fixture("docker").problems.isEmpty)
    }

    private static let faults: [(Descriptor, String)] = [
        (.fixture("docker") { $0.name = "Docker" }, "the name has to be"),
        (.fixture("docker") { $0.name = "a.b" }, "the name has to be"),
        (.fixture("docker") { $0.name = "" }, "the name has to be"),
        (.fixture("docker") { $0.name = "2e" }, "the name has to be"),
        (.fixture("docker") { $0.os = "" }, "the system is missing"),
        (.fixture("docker") { $0.reservedPorts = [22, 0] }, "a reserved port"),
        (.fixture("docker") { $0.reservedPorts = [65536] }, "a reserved port"),
        (.fixture("docker") { $0.portMoment = nil }, "ports are either"),
        (.fixture("docker") { $0.ports = .no("so") }, "ports are either"),
        (.fixture("docker") { $0.pty = .no("") }, "pty: a no needs its reason"),
        (.fixture("docker") { $0.stdin = .no("a\nb") }, "stdin: a no needs"),
        (.fixture("docker") { $0.networkPolicies = [] }, "no network policy"),
        (.fixture("docker") { $0.networkPolicies = [.none, .none] }, "named twice"),
        (.fixture("docker") { $0.persistence = .no("so") }, "keeps nothing"),
        (.fixture("docker") { $0.createDeadlineSeconds = 0 }, "a create takes"),
        (.fixture("docker") { $0.hardDeadlineSeconds = 60 }, "has to live longer"),
        (.fixture("docker") { $0.listingDelaySeconds = -1 }, "a listing lags"),
        (.fixture("docker") { ($0.idempotentCreate, $0.listingDelaySeconds) = (.adoptByTag, 0) }, "by which listings lag"),
        (.fixture("docker") { $0.idempotentCreateReason = "" }, "is missing"),
        (.fixture("docker") { $0.credentials = [.init("A", "a"), .init("A", "b")] }, "a credential is named twice"),
        (.fixture("docker") { $0.credentials = [.init("token", "a")] }, "not the name of a variable"),
    ]

    @Test(arguments: faults)
    func whatIsWrongIsToldInWords(descriptor: Descriptor, words: String) {
        let problems = descriptor.problems
        #expect(problems.count == 1 && problems.first?.contains(words) == true, "\(problems)")
    }

    @Test func everythingWrongIsToldAtOnce() throws {
        let error = #expect(throws: RegistryError.self) {
            try DriverRegistry.check([
                .fixture("docker"), .fixture("docker"), .fixture("none"), .fixture("e2b") { $0.os = "" },
            ])
        }
        #expect(
            error?.problems == [
                "e2b: the system is missing.", "docker: 2 drivers have this name.",
                "none: the name stands for no provider.",
            ]
        )
    }

    @Test func descriptorsTravelAsJSON() throws {
        let all = [Descriptor.fixture("docker"), .fixture("e2b") { $0.pty = .no("it has none") }]
        let text = try all.json
        #expect([Descriptor](json: text) == all)
        // Of what another version has written the rest is still read.
        let other = text.replacing("\"name\":\"e2b\"", with: "\"nom\":\"e2b\"")
        #expect([Descriptor](json: other).map(\.name) == ["docker"])
        #expect([Descriptor](json: "nonsense").isEmpty)
    }
}
