import DriverTesting
import ProviderKit
import Testing

@testable import SpritesDriver

@Suite struct SettingsTests {
    private func settings(_ environment: [String: String]) throws -> SpritesSettings {
        let source = CredentialSource(environment: { environment })
        return try SpritesSettings(source.credentials(of: "sprites", SpritesSettings.variables))
    }

    @Test func aMissingTokenIsNamed() throws {
        let error = #expect(throws: CredentialError.self) { try settings(["SPRITES_BASE_URL": "http://127.0.0.1:1"]) }
        #expect(error?.message.contains("SPRITE_TOKEN") == true)
    }

    @Test(arguments: ["SPRITE_TOKEN", "SPRITES_TOKEN"])
    func eitherNameOfTheTokenIsTaken(_ name: String) throws {
        let settings = try settings([name: "t", "SPRITES_ORGANIZATION": "o", "SPRITES_BASE_URL": "http://h"])
        #expect(settings.token.reveal() == "t")
        #expect(settings.organization == "o")
        #expect(settings.baseURL == "http://h")
        #expect(try self.settings([name: "t"]).baseURL == SpritesSettings.standardURL)
    }

    @Test func namesAndLabelsAreReadBack() {
        let name = SpriteName(fleet: .new(), box: .new())
        #expect(name.description.utf8.count <= 63)
        #expect(SpriteName(name.description) == name)
        for other in ["", "sf", "sf--", "a-b-c", name.description + "-x", "sf-\(name.fleet)-UPPER"] {
            #expect(SpriteName(other) == nil)
        }
        let labels = SpriteLabels(sandbox: .new(), epoch: 12)
        #expect(SpriteLabels(["other"] + labels.texts) == labels)
        #expect(SpriteLabels([labels.texts[0]]) == nil)
    }

    @Test func everyStateHasItsMeaning() {
        #expect(SpriteState.allCases.map(\.rawValue) == ["running", "warm", "cold"])
        #expect(SpriteState.allCases.map(\.meaning) == [.running, .stopped, .stopped])
        let unknown = ObservedState<SpriteState>("melting")
        #expect(unknown.obstacle(of: "it")?.kind == .transient)
    }
}
