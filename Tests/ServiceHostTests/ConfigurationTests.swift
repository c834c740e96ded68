import FoundationEssentials
import Logging
import Testing

@testable import ServiceHost

@Suite("Configuration")
struct ConfigurationTests {
    /// The rows of the table in `docs/configuration.md`, as cells.
    private static func documented() throws -> [[String]] {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "docs/configuration.md")
        return String(decoding: try Data(contentsOf: file), as: UTF8.self).split(separator: "\n")
            .filter { $0.hasPrefix("| `") }
            .map { $0.split(separator: "|").map { $0.filter { $0 != "`" }.trimmingSpace } }
    }

    @Test func theDocumentationListsEveryKeyAndNoOther() throws {
        let rows = try Self.documented()
        #expect(rows.map { $0[0] } == ConfigurationKey.all.map(\.name))
        for (row, key) in zip(rows, ConfigurationKey.all) {
            #expect(row[1] == key.environmentVariable)
            #expect(row[2] == key.services.joined(separator: ", "))
            if let value = key.defaultValue { #expect(row[3] == value, "\(key.name)") }
            #expect(row[4].hasPrefix("Secret.") == key.isSecret, "\(key.name)")
        }
    }

    @Test func namesAreUnique() {
        #expect(Set(ConfigurationKey.all.map(\.environmentVariable)).count == ConfigurationKey.all.count)
    }

    @Test func theEnvironmentIsReadUnderTheDocumentedNames() async throws {
        for key in ConfigurationKey.all {
            let settings = try await ServiceSettings(environment: [key.environmentVariable: "17"])
            #expect(settings.optional(key) == "17", "\(key.environmentVariable)")
        }
    }

    @Test func theFileGivesWayToTheEnvironment() async throws {
        let file = FileManager.default.temporaryDirectory.appending(
            path: "sandfleet-\(UInt64.random(in: 0 ... .max)).json"
        )
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(#"{"nats":{"url":"nats://file:1"},"postgres":{"poolSize":3},"listen":"file:1"}"#.utf8).write(to: file)
        let settings = try await ServiceSettings(
            environment: ["SANDFLEET_LISTEN": "environment:2"],
            file: file.path
        )
        #expect(settings.optional(.natsURL) == "nats://file:1")
        #expect(try settings.integer(.postgresPoolSize, in: 1...9) == 3)
        #expect(settings.optional(.listen) == "environment:2")
    }

    @Test func secretsAreNotInWhatIsLogged() async throws {
        var environment: [String: String] = [:]
        for key in ConfigurationKey.all { environment[key.environmentVariable] = key.isSecret ? "hunter2" : "1" }
        let settings = try await ServiceSettings(environment: environment)
        for service in ConfigurationKey.every {
            let shown = settings.effective(for: service)
            #expect(!shown.values.contains("hunter2"))
            #expect(shown["postgres.url"] == "(secret)")
            #expect(shown["fleet.id"] == "1")
        }
        #expect(settings.effective(for: "worker")["listen"] == nil)
    }

    @Test func aWrongNumberNamesItsVariable() async throws {
        let settings = try await ServiceSettings(environment: ["SANDFLEET_POSTGRES_POOL_SIZE": "many"])
        #expect {
            try settings.integer(.postgresPoolSize, in: 1...9)
        } throws: { error in
            (error as? ServiceHostError)?.message.contains("SANDFLEET_POSTGRES_POOL_SIZE") == true
        }
    }

    @Test func theOtherNameOfTheProviderWins() async throws {
        let settings = try await ServiceSettings(
            environment: ["SANDBOX_PROVIDER": "e2b", "SANDFLEET_DEFAULT_PROVIDER": "docker"]
        )
        #expect(settings.optional(.defaultProvider) == "e2b")
    }
}
