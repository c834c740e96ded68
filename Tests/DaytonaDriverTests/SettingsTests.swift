import ProviderKit
import Testing

@testable import DaytonaDriver

@Suite struct SettingsTests {
    private func settings(_ environment: [String: String]) throws -> DaytonaSettings {
        let source = CredentialSource(environment: { environment })
        return try DaytonaSettings(
            source.credentials(of: "daytona", DaytonaSettings.variables),
            boxes: DaytonaBoxSettings(environment: environment)
        )
    }

    @Test func whatIsMissingIsNamed() throws {
        let none = #expect(throws: CredentialError.self) { try settings([:]) }
        #expect(none?.message.contains("DAYTONA_API_KEY") == true)
        let half = #expect(throws: CredentialError.self) { try settings(["DAYTONA_JWT_TOKEN": "t"]) }
        #expect(half?.message.contains("DAYTONA_ORGANIZATION_ID") == true)
    }

    @Test func aKeyWinsOverAToken() throws {
        var environment = ["DAYTONA_JWT_TOKEN": "t", "DAYTONA_ORGANIZATION_ID": "o"]
        #expect(try settings(environment).isUsers)
        environment["DAYTONA_API_KEY"] = "k"
        let settings = try settings(environment)
        #expect(!settings.isUsers && settings.secret.reveal() == "k" && settings.organization == "o")
        #expect(settings.apiURL == DaytonaSettings.standardURL)
    }

    @Test func boxesAreAsTheVariablesSay() throws {
        let settings = try DaytonaBoxSettings(environment: [
            "SANDBOX_DAYTONA_SNAPSHOT": "base", "SANDBOX_DAYTONA_LANGUAGE": "python", "SANDBOX_DAYTONA_USER": "root",
            "SANDBOX_DAYTONA_PUBLIC": "true", "SANDBOX_DAYTONA_EPHEMERAL": "1",
            "SANDBOX_DAYTONA_AUTO_STOP_MINUTES": "30", "SANDBOX_DAYTONA_AUTO_ARCHIVE_MINUTES": "0",
            "SANDBOX_DAYTONA_LABELS": "a=1,b=", "SANDBOX_DAYTONA_VOLUMES": "one:/one,two:/two:sub", "SANDBOX_DAYTONA_IMAGE": "",
        ])
        let expected = DaytonaBoxSettings(
            snapshot: "base",
            language: "python",
            user: "root",
            labels: ["a": "1", "b": ""],
            isPublic: true,
            isEphemeral: true,
            autoStopMinutes: 30,
            autoArchiveMinutes: 0,
            mounts: [.init(volume: "one", path: "/one"), .init(volume: "two", path: "/two", subpath: "sub")]
        )
        #expect(settings == expected)
    }

    @Test(arguments: [
        ("EPHEMERAL", "maybe"), ("PUBLIC", "2"), ("AUTO_STOP_MINUTES", "-1"), ("AUTO_ARCHIVE_MINUTES", "soon"),
        ("LABELS", "=x"), ("VOLUMES", "nowhere"), ("VOLUMES", "a:relative"),
    ])
    func whatCannotBeReadIsNamed(_ name: String, _ value: String) {
        let error = #expect(throws: CredentialError.self) {
            try DaytonaBoxSettings(environment: ["SANDBOX_DAYTONA_\(name)": value])
        }
        #expect(error?.message.contains("SANDBOX_DAYTONA_\(name)") == true)
    }

    @Test func everyStateHasItsMeaning() {
        let meanings: [DaytonaState: StateMeaning] = [
            .creating: .becoming, .restoring: .becoming, .started: .running, .stopped: .stopped, .starting: .becoming,
            .stopping: .leaving, .pausing: .leaving, .paused: .stopped, .resuming: .becoming,
            .snapshotting: .becoming, .forking: .becoming, .resizing: .becoming, .archived: .stopped,
            .archiving: .leaving, .pullingSnapshot: .becoming, .buildingSnapshot: .becoming, .pendingBuild: .becoming,
            .buildFailed: .failed, .destroyed: .gone, .destroying: .leaving, .error: .failed, .unknown: .unknown,
        ]
        #expect(Set(DaytonaState.allCases) == Set(meanings.keys))
        for (state, meaning) in meanings { #expect(state.meaning == meaning, "\(state)") }
        #expect(ObservedState<DaytonaState>("evaporating").obstacle(of: "it")?.kind == .transient)
        #expect(ObservedState<DaytonaState>("").obstacle(of: "it")?.kind == .transient)
    }
}
