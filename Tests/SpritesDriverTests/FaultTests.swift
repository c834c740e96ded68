import DriverTesting
import FleetTesting
import Model
import ProviderHTTP
import ProviderKit
import Testing

@testable import SpritesDriver

@Suite struct FaultTests {
    @Test func aLostAnswerMakesNoSecondBox() async throws {
        try await SpritesFixture.with { fixture in
            try await fixture.emulator.inject(EmulatorFault(.lostAnswer, "POST", "/v1/sprites"))
            let box = try await fixture.driver.create(fixture.creation())
            #expect(try await fixture.sprites().count == 1)
            _ = try await fixture.resume(box.envelope)
        }
    }

    @Test func whatMayHaveBeenMadeIsUnknownUntilItIsSeen() async throws {
        try await SpritesFixture.with { fixture in
            // Nobody can be asked whether it was made.
            try await fixture.emulator.inject(EmulatorFault(.lostAnswer, "POST", "/v1/sprites", count: nil))
            try await fixture.emulator.inject(EmulatorFault(.status(503), "GET", "/v1/sprites/*", count: nil))
            let creation = fixture.creation()
            try await expect(.timeout) { _ = try await fixture.driver.create(creation) }
            try await fixture.emulator.clearFaults()
            _ = try await fixture.driver.create(creation)
            #expect(try await fixture.sprites().count == 1)
        }
    }

    @Test func refusalsForATimeAreWaitedFor() async throws {
        try await SpritesFixture.with { fixture in
            try await fixture.emulator.inject(EmulatorFault(.rateLimited(retryAfter: 1), "POST", "/v1/sprites"))
            _ = try await fixture.driver.create(fixture.creation())
            try await fixture.emulator.inject(
                EmulatorFault(.rateLimited(retryAfter: 3600), "POST", "/v1/sprites", count: nil)
            )
            try await expect(.rateLimited(after: 3601)) { _ = try await fixture.driver.create(fixture.creation()) }
            #expect(try await fixture.sprites().count == 1)
        }
    }

    @Test func aBrokenProviderProvesNothing() async throws {
        try await SpritesFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            for status in [500, 502, 503] {
                try await fixture.emulator.inject(EmulatorFault(.status(status), "GET", "*", count: nil))
                try await expect(.transient) { _ = try await fixture.resume(box.envelope) }
                try await fixture.emulator.clearFaults()
            }
            try await fixture.emulator.inject(EmulatorFault(.refused, "GET", "*", count: nil))
            try await expect(.transient) { _ = try await fixture.resume(box.envelope) }
        }
    }

    @Test func expiredCredentialsAreNeverGone() async throws {
        try await SpritesFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            try await fixture.emulator.inject(EmulatorFault(.unauthorized, count: nil))
            try await expect(.unauthorized) { _ = try await fixture.resume(box.envelope) }
            try await expect(.unauthorized) { try await fixture.driver.delete(box.envelope, epoch: 1) }
            try await expect(.unauthorized) { _ = try await fixture.driver.create(fixture.creation()) }
        }
    }

    @Test func whatTheProviderTakesAwayIsGone() async throws {
        try await SpritesFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            try await fixture.emulator.inject(EmulatorFault(.reaped, "GET", "/v1/sprites/*"))
            try await expect(.gone) { _ = try await fixture.resume(box.envelope) }
        }
    }

    @Test func aDeletionWhoseAnswerIsLostSucceeds() async throws {
        try await SpritesFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            try await fixture.emulator.inject(EmulatorFault(.lostAnswer, "DELETE", "*"))
            try await fixture.driver.delete(box.envelope, epoch: 1)
            #expect(try await fixture.sprites().isEmpty)
        }
    }

    @Test func underAnotherOrganizationNothingIsGone() async throws {
        try await SpritesFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let other = try await SpritesFixture.driver(fixture.emulator, organization: "other", fleet: fixture.fleet)
            try await expect(.unauthorized) { _ = try await fixture.resume(box.envelope, by: other) }
            try await expect(.unauthorized) { try await other.delete(box.envelope, epoch: 1) }
            // The settings name one organization, the token is for another: what is missing proves nothing.
            let envelope = other.binding.envelope(provider: "sprites", box: BoxID.new().rawValue)
            try await expect(.unauthorized) { _ = try await fixture.resume(envelope, by: other) }
            try await expect(.unauthorized) { try await other.delete(envelope, epoch: 1) }
        }
    }

    @Test func theOrganizationIsAskedForWhereItIsNotSaid() async throws {
        try await SpritesFixture.with { fixture in
            let error = await #expect(throws: DriverError.self) {
                _ = try await SpritesFixture.driver(fixture.emulator, organization: nil, fleet: fixture.fleet)
            }
            #expect(error?.message.contains("SPRITES_ORGANIZATION") == true)
            _ = try await fixture.driver.create(fixture.creation())
            let driver = try await SpritesFixture.driver(fixture.emulator, organization: nil, fleet: fixture.fleet)
            #expect(driver.binding == fixture.driver.binding)
        }
    }

    @Test func secretsAreNowhere() async throws {
        try await SpritesFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            var shown = "\(box.envelope) \(fixture.driver.descriptor) \(try await fixture.driver.list())"
            for fault in [EmulatorFault.Kind.unauthorized, .status(500), .status(400), .refused] {
                try await fixture.emulator.inject(EmulatorFault(fault, count: nil))
                for attempt in 0..<3 {
                    do {
                        switch attempt {
                        case 0: _ = try await fixture.driver.create(fixture.creation())
                        case 1: _ = try await fixture.resume(box.envelope)
                        default: try await fixture.driver.delete(box.envelope, epoch: 1)
                        }
                    } catch {
                        shown += "\(error)"
                        dump(error, to: &shown)
                    }
                }
                try await fixture.emulator.clearFaults()
            }
            shown += fixture.log.text
            dump(fixture.driver, to: &shown)
            #expect(shown.contains("401") && shown.contains("a provider's call has failed"))
            #expect(!shown.contains(EmulatorProcess.token))
            #expect(!shown.contains("of-the-sandbox"))
        }
    }
}
