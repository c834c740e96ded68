import DriverTesting
import FleetTesting
import Model
import NIOConcurrencyHelpers
import ProviderHTTP
import ProviderKit
import Testing

@testable import SpritesDriver

@Suite struct AccountTests {
    private static let guestToken = "a-guests-token"

    @Test func aWorkspaceWithAnAccountOfItsOwnHasItsBoxesThere() async throws {
        try await SpritesFixture.with(["--account", "\(Self.guestToken)=guest"]) { fixture in
            try await withTemporaryDirectory { directory in
                let log = LogRecorder()
                let (guest, plain): (WorkspaceID, WorkspaceID) = (.new(), .new())
                let files = WorkspaceCredentials(in: directory, of: "sprites")
                try files.write(
                    [
                        "SPRITE_TOKEN": Self.guestToken, "SPRITES_ORGANIZATION": "guest",
                        "SPRITES_BASE_URL": fixture.emulator.baseURL,
                    ],
                    guest
                )
                let driver = try await SpritesFixture.driver(
                    fixture.emulator,
                    fleet: fixture.fleet,
                    log: log,
                    directory: directory
                )
                let (theirs, ours) = (fixture.creation(workspace: guest), fixture.creation(workspace: plain))
                let (first, second) = (try await driver.create(theirs), try await driver.create(ours))
                #expect(first.envelope.account == "guest")
                #expect(second.envelope.account == SpritesFixture.organization)
                #expect(try await driver.binding(for: guest).account == "guest")
                #expect(try await driver.binding(for: plain) == driver.binding)
                let listed = try await driver.list()
                #expect(
                    Set(listed.map { "\($0.externalID) \($0.account ?? "")" }) == [
                        "\(theirs.tag.box) guest", "\(ours.tag.box) \(SpritesFixture.organization)",
                    ]
                )
                // Who has the fleet's credentials alone sees the fleet's boxes alone, and proves nothing of others.
                #expect(try await fixture.driver.list().map(\.externalID) == [ours.tag.box.rawValue])
                try await expect(.unauthorized) { _ = try await fixture.resume(first.envelope, of: theirs) }
                try await expect(.unauthorized) { try await fixture.driver.delete(first.envelope, epoch: 1) }
                _ = try await fixture.resume(first.envelope, by: driver, of: theirs)
                try await driver.stop(first.envelope, epoch: 2)
                try await driver.delete(first.envelope, epoch: 2)
                try await driver.delete(second.envelope, epoch: 1)
                #expect(try await fixture.sprites().isEmpty)

                // Credentials that cannot be used: nobody else's take their place, and others are not disturbed.
                try files.write(["SPRITES_ORGANIZATION": "guest"], guest)
                try await expect(.unauthorized) { _ = try await driver.create(fixture.creation(workspace: guest)) }
                #expect(try await driver.list().isEmpty)
                try files.remove(guest)
                let later = try await driver.create(fixture.creation(workspace: guest))
                #expect(later.envelope.account == SpritesFixture.organization)
                #expect(log.text.contains("a workspace's credentials cannot be used"))
                #expect(!log.text.contains(Self.guestToken) && !log.text.contains(EmulatorProcess.token))
            }
        }
    }

    @Test func aKeyThatWasReplacedIsReadAgain() async throws {
        try await SpritesFixture.with { fixture in
            let token = NIOLockedValueBox("a-revoked-token")
            let log = LogRecorder()
            let driver = try await SpritesFixture.driver(
                fixture.emulator,
                token: { token.withLockedValue { $0 } },
                fleet: fixture.fleet,
                log: log
            )
            try await expect(.unauthorized) { _ = try await driver.list() }
            token.withLockedValue { $0 = EmulatorProcess.token }
            let creation = fixture.creation()
            let box = try await driver.create(creation)
            _ = try await fixture.resume(box.envelope, by: driver, of: creation)
            #expect(try await driver.list().count == 1)
            // Only once it was refused.
            let refused = try await fixture.emulator.requests().count { $0.status == 401 }
            #expect(refused == 2)
            #expect(!log.text.contains("a-revoked-token") && !log.text.contains(EmulatorProcess.token))
        }
    }
}
