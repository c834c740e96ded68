import CurlTransport
import Fleet
import FleetTesting
import Foundation
import Glibc
import NIOCore
import SandfleetClient
import Testing

/// A workspace with an account of its own at a provider, in a whole fleet.
@Suite(.serialized) struct WorkspaceAccountTests {
    private static let guestToken = "a-guests-token"

    @Test func newBoxesGoToItAndOldOnesStayWhereTheyAre() async throws {
        try await withEmulator("sprites", ["--account", "\(Self.guestToken)=guest", "--delay", "0.02"]) { emulator in
            try await withTemporaryDirectory { directory in
                var options = TestFleet.Options()
                options.environment = [
                    "SPRITE_TOKEN": EmulatorProcess.token, "SPRITES_ORGANIZATION": "emulated",
                    "SPRITES_BASE_URL": emulator.baseURL, "SANDFLEET_CREDENTIALS_DIRECTORY": directory,
                ]
                try await withAPI(options) { api in
                    let old = try await api.sandbox {
                        $0.provider = "sprites"
                        $0.persistent = true
                    }
                    try await giveAccount(to: try await rows("select id from workspaces", api), emulator, in: directory)
                    let new = try await api.sandbox { $0.provider = "sprites" }
                    #expect(try await rows("select account from boxes order by id", api) == ["emulated", "guest"])
                    let accounts = "select account from sandboxes where owner is not null order by id"
                    #expect(try await rows(accounts, api) == ["emulated", "guest"])
                    #expect(try await sprites(emulator, EmulatorProcess.token) == 1)
                    #expect(try await sprites(emulator, Self.guestToken) == 1)
                    // Both are used, each where it is, also by who finds them again.
                    for sandbox in [old, new] { #expect(try await api.shell("echo here", in: sandbox) == "here\n") }
                    #expect(try await api.client.drainSandbox(old.id).status == .paused)
                    #expect(try await api.shell("echo again", in: old) == "again\n")
                    #expect(try await sprites(emulator, EmulatorProcess.token) == 1)
                    try await api.client.deleteSandbox(new.id)
                    try await api.client.deleteSandbox(old.id)
                    try await eventually("both are gone") {
                        let (ours, theirs) = (
                            try await sprites(emulator, EmulatorProcess.token), try await sprites(emulator, Self.guestToken)
                        )
                        return ours == 0 && theirs == 0
                    }
                }
            }
        }
    }

    private func giveAccount(to workspaces: [String], _ emulator: EmulatorProcess, in directory: String) async throws {
        let lines = [
            "SPRITE_TOKEN=\(Self.guestToken)", "SPRITES_ORGANIZATION=guest", "SPRITES_BASE_URL=\(emulator.baseURL)",
        ]
        for workspace in workspaces {
            let file = "\(directory)/\(workspace)/sprites.env"
            try FileManager.default.createDirectory(
                atPath: "\(directory)/\(workspace)",
                withIntermediateDirectories: true
            )
            try Data(lines.joined(separator: "\n").utf8).write(to: URL(filePath: file))
            chmod(file, 0o600)
        }
    }

    private func rows(_ query: String, _ api: FleetAPI) async throws -> [String] {
        let psql = try PostgresInstallation.locate().program("psql")
        let text = try await Tool.run(psql, ["-XAtc", query, try api.fleet.document.postgres.url])
        return text.split(separator: "\n").map(String.init)
    }

    /// How many sprites an account has.
    private func sprites(_ emulator: EmulatorProcess, _ token: String) async throws -> Int {
        struct Page: Decodable {
            struct Sprite: Decodable { let name: String }
            let sprites: [Sprite]
        }
        let request = HTTPTransportRequest(
            url: emulator.baseURL + "/v1/sprites",
            headers: ["Authorization": "Bearer \(token)"],
            deadline: .seconds(60)
        )
        let transport = try HTTPTransport(HTTPTransport.Configuration(proxy: .none))
        let body = try await transport.send(request).collect(upTo: 1 << 20)
        return try JSONDecoder().decode(Page.self, from: Data(body.readableBytesView)).sprites.count
    }
}
