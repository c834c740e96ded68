import DriverTesting
import FleetTesting
import Model
import ProviderHTTP
import ProviderKit
import Testing

@testable import DaytonaDriver

@Suite struct FaultTests {
    @Test func aLostAnswerMakesNoSecondBox() async throws {
        try await DaytonaFixture.with { fixture in
            try await fixture.emulator.inject(EmulatorFault(.lostAnswer, "POST", "/api/sandbox"))
            let box = try await fixture.driver.create(fixture.creation())
            #expect(try await fixture.sandboxes().count == 1)
            _ = try await fixture.resume(box.envelope)
        }
    }

    @Test func whatMayHaveBeenMadeIsUnknownUntilItIsSeen() async throws {
        try await DaytonaFixture.with { fixture in
            try await fixture.emulator.inject(EmulatorFault(.lostAnswer, "POST", "/api/sandbox", count: nil))
            try await fixture.emulator.inject(EmulatorFault(.status(503), "GET", "/api/sandbox/*", count: nil))
            let creation = fixture.creation()
            try await expect(.timeout) { _ = try await fixture.driver.create(creation) }
            try await fixture.emulator.clearFaults()
            _ = try await fixture.driver.create(creation)
            #expect(try await fixture.sandboxes().count == 1)
        }
    }

    @Test func lostAnswersOnTheWayChangeNothing() async throws {
        try await DaytonaFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            try await fixture.emulator.inject(EmulatorFault(.lostAnswer, "POST", "*/stop"))
            try await fixture.driver.stop(box.envelope, epoch: 1)
            #expect(try await fixture.sandboxes().values.first == "stopped")
            try await fixture.emulator.inject(EmulatorFault(.lostAnswer, "POST", "*/start"))
            _ = try await fixture.resume(box.envelope)
            try await fixture.emulator.inject(EmulatorFault(.lostAnswer, "DELETE", "*"))
            try await fixture.driver.delete(box.envelope, epoch: 2)
            #expect(try await fixture.sandboxes().isEmpty)
        }
    }

    @Test func refusalsForATimeAreWaitedFor() async throws {
        try await DaytonaFixture.with { fixture in
            try await fixture.emulator.inject(EmulatorFault(.rateLimited(retryAfter: 1), "POST", "/api/sandbox"))
            _ = try await fixture.driver.create(fixture.creation())
            try await fixture.emulator.inject(
                EmulatorFault(.rateLimited(retryAfter: 3600), "POST", "/api/sandbox", count: nil)
            )
            try await expect(.rateLimited(after: 3601)) { _ = try await fixture.driver.create(fixture.creation()) }
            #expect(try await fixture.sandboxes().count == 1)
        }
    }

    @Test func aBrokenProviderProvesNothing() async throws {
        try await DaytonaFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            for status in [500, 502, 503] {
                try await fixture.emulator.inject(EmulatorFault(.status(status), "GET", "*", count: nil))
                try await expect(.transient) { _ = try await fixture.resume(box.envelope) }
                try await fixture.emulator.clearFaults()
            }
        }
    }

    @Test func expiredCredentialsAreNeverGone() async throws {
        try await DaytonaFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            try await fixture.emulator.inject(EmulatorFault(.unauthorized, count: nil))
            try await expect(.unauthorized) { _ = try await fixture.resume(box.envelope) }
            try await expect(.unauthorized) { try await fixture.driver.stop(box.envelope, epoch: 1) }
            try await expect(.unauthorized) { try await fixture.driver.delete(box.envelope, epoch: 1) }
            try await expect(.unauthorized) { _ = try await fixture.driver.create(fixture.creation()) }
        }
    }

    @Test func whatTheProviderTakesAwayIsGone() async throws {
        try await DaytonaFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            try await fixture.emulator.inject(EmulatorFault(.reaped, "GET", "/api/sandbox/*"))
            try await expect(.gone) { _ = try await fixture.resume(box.envelope) }
        }
    }

    @Test func underAnotherOrganizationNothingIsGone() async throws {
        try await DaytonaFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            let other = try await DaytonaFixture.driver(fixture.emulator, organization: "other", fleet: fixture.fleet)
            try await expect(.unauthorized) { _ = try await fixture.resume(box.envelope, by: other) }
            try await expect(.unauthorized) { try await other.delete(box.envelope, epoch: 1) }
            // The settings name one organization, the key is for another: what is missing proves nothing.
            let envelope = other.binding.envelope(provider: "daytona", box: BoxID.new().rawValue)
            try await expect(.unauthorized) { _ = try await fixture.resume(envelope, by: other) }
            try await expect(.unauthorized) { try await other.delete(envelope, epoch: 1) }
        }
    }

    @Test func theOrganizationIsAskedForWhereItIsNotSaid() async throws {
        try await DaytonaFixture.with { fixture in
            let error = await #expect(throws: DriverError.self) {
                _ = try await DaytonaFixture.driver(fixture.emulator, organization: nil, fleet: fixture.fleet)
            }
            #expect(error?.message.contains("DAYTONA_ORGANIZATION_ID") == true)
            _ = try await fixture.driver.create(fixture.creation())
            let driver = try await DaytonaFixture.driver(fixture.emulator, organization: nil, fleet: fixture.fleet)
            #expect(driver.binding == fixture.driver.binding)
        }
    }

    @Test func secretsAreNowhere() async throws {
        try await DaytonaFixture.with { fixture in
            let box = try await fixture.driver.create(fixture.creation())
            var shown = "\(box.envelope) \(fixture.driver.descriptor) \(try await fixture.driver.list())"
            for fault in [EmulatorFault.Kind.unauthorized, .status(500), .status(400), .refused] {
                try await fixture.emulator.inject(EmulatorFault(fault, count: nil))
                for attempt in 0..<2 {
                    do {
                        switch attempt {
                        case 0: _ = try await fixture.driver.create(fixture.creation())
                        default: _ = try await fixture.resume(box.envelope)
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
