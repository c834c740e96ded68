import DriverTesting
import FleetTesting
import FoundationEssentials
import Model
import NIOConcurrencyHelpers
import ProviderHTTP
import ProviderKit
import Testing

@testable import VercelDriver

@Suite struct AccountTests {
    private static let guestTeam = "team_guest"
    private static let guestProject = "prj_guest"

    /// A token that is good for the guest's project alone.
    private static var guestToken: String {
        let claims = #"{"owner_id": "\#(guestTeam)", "project_id": "\#(guestProject)"}"#
        let encoded = Data(claims.utf8).base64EncodedString()
            .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
        return "e30.\(encoded).guest"
    }

    private static let options = [
        "--team", VercelFixture.team, "--team", guestTeam, "--project", VercelFixture.project, "--project", guestProject,
        "--token", guestToken,
    ]

    private static let guests = [
        "SANDBOX_VERCEL_TOKEN": guestToken, "SANDBOX_VERCEL_TEAM_ID": guestTeam,
        "SANDBOX_VERCEL_PROJECT_ID": guestProject,
    ]

    private func driver(_ fixture: VercelFixture, _ directory: String, log: LogRecorder) async throws -> VercelDriver {
        var configuration = fixture.driver.configuration
        configuration.credentials = CredentialSource(directory: directory) { VercelFixture.credentials }
        return try await VercelDriver.start(
            configuration,
            transport: fixture.transport,
            logger: log.logger,
            opener: BareOpener()
        )
    }

    @Test func aWorkspaceWithAnAccountOfItsOwnHasItsBoxesThere() async throws {
        try await VercelFixture.with(options: Self.options) { fixture in
            try await withTemporaryDirectory { directory in
                let (log, guest, plain): (LogRecorder, WorkspaceID, WorkspaceID) = (LogRecorder(), .new(), .new())
                let files = WorkspaceCredentials(in: directory, of: "vercel")
                try files.write(Self.guests, guest)
                let driver = try await driver(fixture, directory, log: log)
                let spec = SandboxSpec(purpose: "agent")
                let theirs = fixture.creation(spec, workspace: guest)
                let ours = fixture.creation(spec, workspace: plain)
                let (first, second) = (try await driver.create(theirs), try await driver.create(ours))
                let account = try #require(first.envelope.account)
                #expect(account.hasPrefix("\(Self.guestTeam)/\(Self.guestProject)"))
                #expect(try await driver.binding(for: guest).account == account)
                #expect(try await driver.binding(for: plain) == driver.binding)
                #expect(second.envelope.account == driver.binding.account)
                #expect(
                    Set(try await driver.list().map { "\($0.externalID) \($0.account ?? "")" }) == [
                        "\(theirs.tag.box) \(account)", "\(ours.tag.box) \(driver.binding.account)",
                    ]
                )
                // Who has the fleet's credentials alone sees the fleet's boxes alone, and proves nothing of others.
                #expect(try await fixture.driver.list().map(\.externalID) == [ours.tag.box.rawValue])
                try await expect(.unauthorized) {
                    _ = try await fixture.driver.resume(fixture.resumption(of: first.envelope))
                }
                try await expect(.unauthorized) { try await fixture.driver.delete(first.envelope, epoch: 1) }
                try await expect(.unauthorized) { try await fixture.driver.stop(first.envelope, epoch: 1) }

                let reference = try await driver.capture(fixture.capture(of: first.envelope, epoch: 1))
                #expect(reference.account == account)
                // What one account has saved is not what boxes of another are made from.
                try await expect(.unauthorized) {
                    _ = try await driver.create(fixture.creation(spec, source: reference, workspace: plain))
                }
                _ = try await driver.create(fixture.creation(spec, source: reference, workspace: guest))
                #expect(try await driver.archives() == [reference.id])
                #expect(try await fixture.driver.archives().isEmpty)
                // Where its account is not reached nobody says that it is gone.
                try await expect(.unauthorized) {
                    try await fixture.driver.discard(reference.id, externalID: reference.externalID, account: account)
                }
                _ = try await driver.resume(fixture.resumption(of: first.envelope, epoch: 2))
                try await driver.stop(first.envelope, epoch: 2)
                for listing in try await driver.list() where listing.account == account {
                    let binding = try #require(await driver.binding(ofAccount: account))
                    try await driver.delete(binding.envelope(provider: "vercel", box: listing.externalID), epoch: .max)
                }
                try await driver.discard(reference.id, externalID: reference.externalID, account: account)
                try await driver.delete(second.envelope, epoch: 1)
                #expect(try await driver.list().isEmpty)

                // Credentials that cannot be used: nobody else's take their place, and others are not disturbed.
                try files.write(["SANDBOX_VERCEL_TEAM_ID": Self.guestTeam], guest)
                try await expect(.unauthorized) { _ = try await driver.create(fixture.creation(workspace: guest)) }
                #expect(try await driver.list().isEmpty)
                try files.remove(guest)
                #expect(try await driver.create(fixture.creation(workspace: guest)).envelope.account == driver.binding.account)
                #expect(log.text.contains("a workspace's credentials cannot be used"))
                #expect(!log.text.contains(Self.guestToken) && !log.text.contains(EmulatorProcess.token))
                await driver.shutdown()
            }
        }
    }

    /// What is written down about a create names the account that it was begun in.
    @Test func anotherAccountThanWasWrittenDownMakesNothing() async throws {
        try await VercelFixture.with(options: Self.options) { fixture in
            try await withTemporaryDirectory { directory in
                let guest: WorkspaceID = .new()
                try WorkspaceCredentials(in: directory, of: "vercel").write(Self.guests, guest)
                let driver = try await driver(fixture, directory, log: LogRecorder())
                var creation = fixture.creation(workspace: guest)
                creation.account = driver.binding.account
                try await expect(.transient) { _ = try await driver.create(creation) }
                #expect(try await driver.list().isEmpty)
                await driver.shutdown()
            }
        }
    }
}
