import FleetTesting
import FoundationEssentials
import Model
import ProviderHTTP
import ProviderKit
import Testing
import VercelDriver

@Suite struct SecrecyTests {
    @Test(arguments: [
        EmulatorFault.Kind.unauthorized, .status(500), .lostAnswer, .refused, .cut(bytes: 10),
    ])
    func noSecretIsLoggedToldOrStored(kind: EmulatorFault.Kind) async throws {
        let value = "a-value-that-nobody-may-see"
        try await VercelFixture.with(patience: .seconds(2)) { fixture in
            let box = try await fixture.driver.create(fixture.creation(environment: ["KEY": value]))
            var said = String(decoding: try JSONEncoder().encode(box.envelope), as: UTF8.self)
            said += String(decoding: try [fixture.driver.descriptor].json.utf8, as: UTF8.self)
            said += "\(fixture.driver.binding)"
            try await fixture.emulator.inject(EmulatorFault(kind, "*", "*", count: nil))
            do {
                _ = try await fixture.driver.create(fixture.creation(environment: ["KEY": value]))
            } catch {
                said += "\(error) \(String(reflecting: error))"
            }
            do {
                _ = try await fixture.driver.resume(fixture.resumption(of: box.envelope))
            } catch {
                said += "\(error) \(String(reflecting: error))"
            }
            try await fixture.emulator.clearFaults()
            said += fixture.log.text
            #expect(!said.contains(EmulatorProcess.token))
            #expect(!said.contains(value))
        }
    }
}
