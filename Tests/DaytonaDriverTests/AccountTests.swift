import DriverTesting
import FleetTesting
import Model
import NIOConcurrencyHelpers
import ProviderKit
import Testing

@testable import DaytonaDriver

@Suite struct AccountTests {
    private static let guestKey = "a-guests-key"
    private static let guest = "00000000-0000-4000-8000-00000000e222"

    @Test func aWorkspaceWithAnAccountOfItsOwnHasItsBoxesThere() async throws {
        try await DaytonaFixture.with(["--account", "\(Self.guestKey)=\(Self.guest)"]) { fixture in
            try await withTemporaryDirectory { directory in
                let (log, workspace): (LogRecorder, WorkspaceID) = (LogRecorder(), .new())
                try WorkspaceCredentials(in: directory, of: "daytona")
                    .write(
                        [
                            "DAYTONA_API_KEY": Self.guestKey, "DAYTONA_ORGANIZATION_ID": Self.guest,
                            "DAYTONA_API_URL": "\(fixture.emulator.baseURL)/api",
                        ],
                        workspace
                    )
                let driver = try await DaytonaFixture.driver(
                    fixture.emulator,
                    fleet: fixture.fleet,
                    log: log,
                    directory: directory
                )
                let (theirs, ours) = (fixture.creation(workspace: workspace), fixture.creation(workspace: .new()))
                let (first, second) = (try await driver.create(theirs), try await driver.create(ours))
                #expect(first.envelope.account == Self.guest)
                #expect(second.envelope.account == DaytonaFixture.organization)
                #expect(
                    Set(try await driver.list().map { "\($0.externalID) \($0.account ?? "")" }) == [
                        "\(theirs.tag.box) \(Self.guest)", "\(ours.tag.box) \(DaytonaFixture.organization)",
                    ]
                )
                // Who has the fleet's credentials alone sees the fleet's boxes alone, and proves nothing of others.
                #expect(try await fixture.driver.list().map(\.externalID) == [ours.tag.box.rawValue])
                try await expect(.unauthorized) { _ = try await fixture.resume(first.envelope, of: theirs) }
                let reference = try await driver.capture(fixture.capture(first.envelope))
                #expect(reference.account == Self.guest)
                // What one account has saved is not what boxes of another are made from.
                try await expect(.unauthorized) { _ = try await driver.create(fixture.creation(from: reference)) }
                _ = try await driver.create(fixture.creation(from: reference, workspace: workspace))
                // Where its account is not reached nobody says that it is gone.
                try await expect(.unauthorized) {
                    try await fixture.driver.discard(reference.id, externalID: nil, account: Self.guest)
                }
                #expect(Set(try await driver.archives()) == [reference.id])
                try await driver.discard(reference.id, externalID: nil, account: Self.guest)
                #expect(try await driver.archives().isEmpty)
                try await driver.stop(first.envelope, epoch: 1)
                try await driver.delete(first.envelope, epoch: 1)
                #expect(!log.text.contains(Self.guestKey) && !log.text.contains(EmulatorProcess.token))
            }
        }
    }

    @Test func aKeyThatWasReplacedIsReadAgain() async throws {
        try await DaytonaFixture.with { fixture in
            let key = NIOLockedValueBox("a-revoked-key")
            let log = LogRecorder()
            let driver = try await DaytonaFixture.driver(
                fixture.emulator,
                secret: { key.withLockedValue { $0 } },
                fleet: fixture.fleet,
                log: log
            )
            try await expect(.unauthorized) { _ = try await driver.list() }
            key.withLockedValue { $0 = EmulatorProcess.token }
            let creation = fixture.creation()
            let box = try await driver.create(creation)
            _ = try await fixture.resume(box.envelope, by: driver, of: creation)
            #expect(try await driver.list().count == 1)
            // Only once it was refused.
            #expect(try await fixture.emulator.requests().count { $0.status == 401 } == 2)
            #expect(!log.text.contains("a-revoked-key") && !log.text.contains(EmulatorProcess.token))
        }
    }
}
