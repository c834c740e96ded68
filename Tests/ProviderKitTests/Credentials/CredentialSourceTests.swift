import FleetTesting
import Foundation
import Glibc
import Model
import ProviderKit
import Testing

@Suite
struct CredentialSourceTests {
    private static let variables = [
        CredentialVariable("VERCEL_TOKEN", "an access token"), CredentialVariable("VERCEL_TEAM_ID", "the team"),
        CredentialVariable("VERCEL_REGION", "a region", isRequired: false),
    ]

    private func find(
        _ environment: [String: String],
        in directory: String? = nil,
        for workspace: WorkspaceID? = nil
    ) throws(CredentialError) -> ProviderCredentials {
        try CredentialSource(directory: directory, environment: { environment })
            .credentials(of: "vercel", Self.variables, for: workspace)
    }

    private func write(_ text: String, to path: String, mode: mode_t = 0o600) throws {
        let url = URL(filePath: path)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: url)
        chmod(path, mode)
    }

    @Test func fromTheEnvironmentAndTheFilesThatItNames() async throws {
        try await withTemporaryDirectory { directory in
            try write("s3cret-from-file\n", to: directory + "/token", mode: 0o644)
            let found = try find(["VERCEL_TOKEN_FILE": directory + "/token", "VERCEL_TEAM_ID": "team", "HOME": "/"])
            #expect(found["VERCEL_TOKEN"]?.reveal() == "s3cret-from-file")
            #expect(found["VERCEL_TEAM_ID"]?.reveal() == "team")
            #expect(found["HOME"] == nil && found["VERCEL_REGION"] == nil)
            #expect(throws: Never.self) { try found.check(Self.variables) }
            // The variable itself wins.
            let both = try find(["VERCEL_TOKEN": "direct", "VERCEL_TOKEN_FILE": "/nonexistent"])
            #expect(both["VERCEL_TOKEN"]?.reveal() == "direct")
        }
    }

    @Test func aMissingOneIsNamed() throws {
        let found = try find(["VERCEL_TOKEN": "s3cret", "VERCEL_TEAM_ID": ""])
        let error = #expect(throws: CredentialError.self) { try found.check(Self.variables) }
        let expected =
            "The provider vercel needs VERCEL_TEAM_ID (the team): not in the environment. "
            + "Set it there, or name a file that holds it by VERCEL_TEAM_ID_FILE."
        #expect(error?.message == expected)
        #expect(throws: CredentialError.self) { try found.require(Self.variables[1]) }
        #expect(try found.require(Self.variables[0]).reveal() == "s3cret")
        let unreadable = #expect(throws: CredentialError.self) { try find(["VERCEL_TOKEN_FILE": "/nonexistent"]) }
        #expect(unreadable?.message.contains("VERCEL_TOKEN_FILE: /nonexistent cannot be read") == true)
    }

    @Test func aWorkspacesOwnFileStandsAlone() async throws {
        try await withTemporaryDirectory { directory in
            let workspace = try #require(WorkspaceID("01hzzzzzzzzzzzzzzzzzzzzzzz"))
            let path = "\(directory)/\(workspace.rawValue)/vercel.env"
            try write("# theirs\r\nexport VERCEL_TOKEN=\"own token\"\r\n\r\nOTHER=x\n", to: path)
            let fleet = ["VERCEL_TOKEN": "fleet", "VERCEL_TEAM_ID": "fleet-team"]
            let own = try find(fleet, in: directory, for: workspace)
            #expect(own["VERCEL_TOKEN"]?.reveal() == "own token")
            // Nothing of the fleet's is mixed in, and nothing that was not asked for.
            #expect(own["VERCEL_TEAM_ID"] == nil && own["OTHER"] == nil)
            let error = #expect(throws: CredentialError.self) { try own.check(Self.variables) }
            #expect(error?.message.contains("not in the file \(path)") == true)
            let other = try #require(WorkspaceID("01hzzzzzzzzzzzzzzzzzzzzzzy"))
            #expect(try find(fleet, in: directory, for: other)["VERCEL_TOKEN"]?.reveal() == "fleet")
            #expect(try find(fleet, in: directory)["VERCEL_TOKEN"]?.reveal() == "fleet")
            // A rotated key is seen.
            try write("VERCEL_TOKEN=new\n", to: path)
            #expect(try find(fleet, in: directory, for: workspace)["VERCEL_TOKEN"]?.reveal() == "new")
        }
    }

    @Test func whatIsOpenToOthersOrBrokenIsNoReasonToUseTheFleets() async throws {
        try await withTemporaryDirectory { directory in
            let workspace = try #require(WorkspaceID("01hzzzzzzzzzzzzzzzzzzzzzzz"))
            let path = "\(directory)/\(workspace.rawValue)/vercel.env"
            let fleet = ["VERCEL_TOKEN": "fleet"]
            for (text, mode, words) in [
                ("VERCEL_TOKEN=hush-hush", 0o644, "is open to others"), ("VERCEL_TOKEN=hush-hush", 0o620, "open to others"),
                ("VERCEL_TOKEN: hush-hush", 0o600, "Line 1 of"), ("", 0o600, "is empty"),
            ] as [(String, mode_t, String)] {
                try write(text, to: path, mode: mode)
                let error = #expect(throws: CredentialError.self) { try find(fleet, in: directory, for: workspace) }
                #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
                #expect(error?.message.contains("hush") == false)
            }
            unlink(path)
            symlink("/nonexistent", path)
            #expect(throws: CredentialError.self) { try find(fleet, in: directory, for: workspace) }
        }
    }

    /// A folder that is not there (yet) says of nobody that it has no credentials of its own.
    @Test func withoutTheFolderTheFleetsAreNotUsedInstead() async throws {
        try await withTemporaryDirectory { directory in
            let fleets = ["VERCEL_TOKEN": "t", "VERCEL_TEAM_ID": "t"]
            let workspace = try #require(WorkspaceID("01jc0000000000000000000wsp"))
            #expect(throws: CredentialError.self) { try find(fleets, in: directory + "/none", for: workspace) }
            #expect(try find(fleets, in: directory, for: workspace)["VERCEL_TOKEN"]?.reveal() == "t")
        }
    }

    @Test func whoHasCredentialsOfItsOwnIsListed() async throws {
        try await withTemporaryDirectory { directory in
            let workspaces = ["x", "y", "z"].compactMap { WorkspaceID("01hzzzzzzzzzzzzzzzzzzzzzz\($0)") }
            try #require(workspaces.count == 3)
            try write("VERCEL_TOKEN=a", to: "\(directory)/\(workspaces[2])/vercel.env")
            try write("VERCEL_TOKEN=b", to: "\(directory)/\(workspaces[0])/vercel.env")
            // Another provider's, one that cannot be read, and what is no workspace.
            try write("SPRITE_TOKEN=c", to: "\(directory)/\(workspaces[1])/sprites.env")
            try write("VERCEL_TOKEN=d", to: "\(directory)/notes/vercel.env")
            let source = CredentialSource(directory: directory, environment: { [:] })
            #expect(try source.workspaces(of: "vercel") == [workspaces[0], workspaces[2]])
            symlink("/nonexistent", "\(directory)/\(workspaces[1])/vercel.env")
            #expect(try source.workspaces(of: "vercel") == workspaces)
            #expect(try CredentialSource(environment: { [:] }).workspaces(of: "vercel").isEmpty)
            let missing = CredentialSource(directory: directory + "/none", environment: { [:] })
            #expect(throws: CredentialError.self) { try missing.workspaces(of: "vercel") }
        }
    }

    @Test func credentialsThatWereTakenAwayAreNotReplacedByTheFleets() async throws {
        try await withTemporaryDirectory { directory in
            let workspace = try #require(WorkspaceID("01hzzzzzzzzzzzzzzzzzzzzzzz"))
            let path = "\(directory)/\(workspace)/vercel.env"
            try write("VERCEL_TOKEN=first", to: path)
            let source = CredentialSource(directory: directory, environment: { ["VERCEL_TOKEN": "fleet"] })
            let own = try source.credentials(of: "vercel", Self.variables, for: workspace)
            #expect(own.workspace == workspace)
            try write("VERCEL_TOKEN=second", to: path)
            #expect(try source.again(own, Self.variables)["VERCEL_TOKEN"]?.reveal() == "second")
            unlink(path)
            #expect(throws: CredentialError.self) { try source.again(own, Self.variables) }
            let fleets = try source.credentials(of: "vercel", Self.variables)
            #expect(fleets.workspace == nil)
            #expect(try source.again(fleets, Self.variables) == fleets)
        }
    }

    @Test func nothingPrintsAValue() throws {
        let found = try find(["VERCEL_TOKEN": "s3cret-value", "VERCEL_TEAM_ID": "s3cret-team"])
        var text = "\(found) \(found.secrets)"
        dump(found, to: &text)
        debugPrint(found, to: &text)
        #expect(!text.contains("s3cret"), "\(text)")
        #expect(found.secrets.count == 2)
    }
}
