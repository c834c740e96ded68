import CurlTransport
import DriverTesting
import FleetTesting
import Model
import NIOCore
import ProviderKit
import Testing

@testable import SpritesDriver

@Suite struct PortTests {
    @Test func aPublicSpritesURLLeadsToItsOnePort() async throws {
        try await SpritesFixture.withBoxes(SpritesBoxSettings(isPublic: true)) { fixture in
            #expect(fixture.driver.descriptor.ports.isSupported && fixture.driver.descriptor.problems.isEmpty)
            let creation = fixture.creation()
            let box = try await fixture.driver.create(creation)
            _ = try await box.shell("echo served >index.html")
            _ = try await box.start(
                BoxCommand(
                    id: box.newID(),
                    arguments: ["/usr/bin/env", "python3", "-m", "http.server", "8080"],
                    isDurable: true
                )
            )
            let address = try await box.address(ofPort: 8080)
            #expect(address.headers.isEmpty)
            let transport = try HTTPTransport(HTTPTransport.Configuration(proxy: .none))
            try await eventually("it is served") {
                let answer = try await transport.send(HTTPTransportRequest(url: address.url, deadline: .seconds(10)))
                return String(buffer: try await answer.collect(upTo: 1 << 16)) == "served\n"
            }
            try await expect(.unsupported) { _ = try await box.address(ofPort: 3000) }
            // Whoever finds it again is told the same.
            let again = try await fixture.resume(box.envelope, of: creation)
            #expect(try await again.address(ofPort: 8080) == address)
            await again.detach()
            try await fixture.driver.stop(box.envelope, epoch: 2)
            var other = fixture.creation()
            other.spec.ports = [8080, 3000]
            try await expect(.unsupported) { _ = try await fixture.driver.create(other) }
        }
    }

    @Test func elseNobodyIsLetIn() async throws {
        try await SpritesFixture.withBoxes { fixture in
            #expect(!fixture.driver.descriptor.ports.isSupported)
            let box = try await fixture.driver.create(fixture.creation())
            try await expect(.unsupported) { _ = try await box.address(ofPort: 8080) }
            await box.detach()
        }
    }

    @Test func theSettingIsReadFromItsVariable() throws {
        for (value, isPublic) in ["": false, "false": false, "0": false, "true": true, "1": true] {
            #expect(try SpritesBoxSettings(environment: ["SANDBOX_SPRITES_PUBLIC": value]).isPublic == isPublic)
        }
        #expect(try SpritesBoxSettings(environment: [:]) == SpritesBoxSettings())
        let error = #expect(throws: CredentialError.self) {
            try SpritesBoxSettings(environment: ["SANDBOX_SPRITES_PUBLIC": "maybe"])
        }
        #expect(error?.message.contains("SANDBOX_SPRITES_PUBLIC") == true)
    }
}
