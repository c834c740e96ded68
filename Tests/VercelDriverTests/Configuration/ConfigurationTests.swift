import FleetTesting
import Model
import ProviderKit
import Testing

@testable import VercelDriver

@Suite struct ConfigurationTests {
    private let fleet = FleetID.random()

    private func read(_ environment: [String: String]) throws -> VercelConfiguration {
        try VercelConfiguration(environment: environment, fleet: fleet, credentials: CredentialSource { environment })
    }

    private func read(_ source: CredentialSource) throws -> VercelCredentials {
        try VercelCredentials(try source.credentials(of: VercelDriver.name, VercelCredentials.variables))
    }

    @Test func allVariablesAreRead() throws {
        let configuration = try read([
            "SANDBOX_VERCEL_PROFILE": "coding-agent", "SANDBOX_VERCEL_NAME": "n", "SANDBOX_VERCEL_REUSE": "0",
            "SANDBOX_VERCEL_PERSISTENT": "TRUE", "SANDBOX_VERCEL_TIMEOUT_MS": "60000", "SANDBOX_VERCEL_VCPUS": "8",
            "SANDBOX_VERCEL_BASE_URL": "http://x", "SANDBOX_VERCEL_LONGEST_MS": "2700000",
        ])
        #expect(configuration.profile == .codingAgent)
        #expect(configuration.name == "n")
        #expect(!configuration.reuse)
        #expect(configuration.persistent == true)
        #expect(configuration.timeout == .seconds(60))
        #expect(configuration.vcpus == 8)
        #expect(configuration.baseURL == "http://x")
        #expect(configuration.longestLife == .seconds(2700))
    }

    @Test(arguments: [
        ("PROFILE", "huge"), ("REUSE", "perhaps"), ("PERSISTENT", "2"), ("TIMEOUT_MS", "1"), ("TIMEOUT_MS", "5m"),
        ("VCPUS", "0"),
    ])
    func whatCannotBeReadIsNamed(name: String, value: String) {
        let error = #expect(throws: CredentialError.self) { try read(["SANDBOX_VERCEL_\(name)": value]) }
        #expect(error?.message.contains("SANDBOX_VERCEL_\(name)") == true)
    }

    @Test func vercelsOwnNamesOfTheCredentialsDo() throws {
        let own = ["VERCEL_TOKEN": "t", "VERCEL_TEAM_ID": "team", "VERCEL_PROJECT_ID": "prj"]
        let credentials = try read(CredentialSource { own })
        #expect(credentials.team == "team")
        let both = own.merging(["SANDBOX_VERCEL_TEAM_ID": "ours"]) { $1 }
        #expect(try read(CredentialSource { both }).team == "ours")
    }

    @Test(arguments: ["TOKEN", "TEAM_ID", "PROJECT_ID"])
    func aMissingCredentialIsNamed(name: String) {
        var environment = VercelFixture.credentials
        environment["SANDBOX_VERCEL_\(name)"] = nil
        let source = CredentialSource { [environment] in environment }
        let error = #expect(throws: CredentialError.self) { try read(source) }
        #expect(error?.message.contains("SANDBOX_VERCEL_\(name)") == true)
    }

    @Test func theDescriptorHolds() throws {
        #expect(Descriptor.vercel(try read([:])).problems.isEmpty)
        let again = Descriptor.vercel(try read(["SANDBOX_VERCEL_REUSE": "false"]))
        #expect(again.problems.isEmpty)
        #expect(!again.persistence.isSupported)
    }

    @Test func aTokenThatWasReplacedIsTakenUp() async throws {
        try await withEmulator("vercel", ["--delay", "0"]) { emulator in
            let token = Replaceable("expired-token")
            let source = CredentialSource {
                VercelFixture.credentials.merging(["SANDBOX_VERCEL_TOKEN": token.value]) { $1 }
            }
            let fixture = try await VercelFixture(emulator) { $0.credentials = source }
            let error = await fixture.failure { _ = try await $0.list() }
            #expect(error == .unauthorized)
            token.value = EmulatorProcess.token
            #expect(try await fixture.driver.list().isEmpty)
            await fixture.driver.shutdown()
        }
    }
}
