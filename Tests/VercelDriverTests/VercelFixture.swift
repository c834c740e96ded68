import CurlTransport
import FleetTesting
import FoundationEssentials
import Logging
import Model
import NIOCore
import ProviderKit

@testable import VercelDriver

/// A driver of an emulated Vercel, and all that it has logged.
struct VercelFixture {
    static let team = "team_emulated"
    static let project = "prj_emulated"

    let emulator: EmulatorProcess
    let driver: VercelDriver
    let log = LogRecorder()
    let fleet = FleetID.random()
    let sandbox = SandboxID.random()
    let transport: HTTPTransport

    /// - Parameters:
    ///   - delays: How long its transitions take, in seconds: `create`, `start`, `stop`, `snapshot`, `delete`.
    ///   - opener: Nil makes handles in which nothing can be started.
    ///   - patience: How long a session may take to run, to stop or to be saved.
    static func with(
        delays: [String: Double] = [:],
        options: [String] = [],
        environment: [String: String] = [:],
        opener: (any BoxOpener)? = nil,
        patience: Duration? = nil,
        _ body: (VercelFixture) async throws -> Void
    ) async throws {
        let delays = ["--delay", "0"] + delays.flatMap { ["--delay", "\($0.key)=\($0.value)"] }
        try await withEmulator("vercel", delays + options) { emulator in
            let fixture = try await VercelFixture(emulator, environment, opener ?? BareOpener()) { configuration in
                if let patience { configuration.patience = patience }
            }
            try await body(fixture)
            await fixture.driver.shutdown()
        }
    }

    init(
        _ emulator: EmulatorProcess,
        _ environment: [String: String] = [:],
        _ opener: any BoxOpener = BareOpener(),
        _ change: (inout VercelConfiguration) -> Void = { _ in }
    ) async throws {
        self.emulator = emulator
        let all = Self.credentials.merging(environment) { _, own in own }
        var configuration = try VercelConfiguration(
            environment: all,
            fleet: fleet,
            credentials: CredentialSource { all }
        )
        configuration.baseURL = emulator.baseURL
        change(&configuration)
        transport = try HTTPTransport(HTTPTransport.Configuration(proxy: .none))
        driver = try await VercelDriver.start(configuration, transport: transport, logger: log.logger, opener: opener)
    }

    static let credentials = [
        "SANDBOX_VERCEL_TOKEN": EmulatorProcess.token, "SANDBOX_VERCEL_TEAM_ID": team,
        "SANDBOX_VERCEL_PROJECT_ID": project,
    ]

    func creation(
        box: BoxID = .random(),
        epoch: UInt64 = 1,
        _ spec: SandboxSpec = SandboxSpec(),
        environment: [String: String] = [:],
        source: ArchiveReference? = nil,
        workspace: WorkspaceID? = nil
    ) -> BoxCreation {
        BoxCreation(
            tag: BoxTag(fleet: fleet, sandbox: sandbox, box: box, epoch: epoch),
            spec: spec,
            workspace: workspace,
            environment: environment,
            source: source
        )
    }

    func resumption(of envelope: Envelope, epoch: UInt64 = 2) -> BoxResumption {
        BoxResumption(envelope: envelope, sandbox: sandbox, epoch: epoch, spec: SandboxSpec(), environment: [:])
    }

    func capture(of envelope: Envelope, as archive: ArchiveID = .random(), epoch: UInt64 = 2) -> BoxCapture {
        BoxCapture(archive: archive, envelope: envelope, sandbox: sandbox, epoch: epoch)
    }

    /// What the provider itself shows of a sandbox.
    func shown(_ name: String) async throws -> ShownSandbox {
        let body = try await ask("GET", "/v2/sandboxes/\(name)?projectId=\(Self.project)&resume=false")
        return try JSONDecoder().decode(ShownSandbox.self, from: body)
    }

    /// Runs a shell's line in a session, past the driver, and waits for its end.
    func run(_ line: String, in session: String, asRoot: Bool = false) async throws {
        let command = try JSONEncoder().encode(Line(command: "sh", args: ["-c", line], sudo: asRoot))
        let output = try await ask("POST", "/v2/sandboxes/sessions/\(session)/cmd?wait=true&logs=true", command)
        guard String(decoding: output, as: UTF8.self).contains("\"exitCode\": 0") else {
            throw FixtureError("\(line): \(String(decoding: output, as: UTF8.self))")
        }
    }

    /// Calls the provider past the driver.
    @discardableResult
    func ask(_ method: String, _ path: String, _ body: Data? = nil) async throws -> Data {
        let separator = path.contains("?") ? "&" : "?"
        var request = HTTPTransportRequest(
            method: method,
            url: "\(emulator.baseURL)\(path)\(separator)teamId=\(Self.team)",
            headers: ["Authorization": "Bearer \(EmulatorProcess.token)"],
            deadline: .seconds(60)
        )
        if let body { request.body = .bytes(ByteBuffer(bytes: body)) }
        let answer = try await transport.send(request)
        let content = Data(try await answer.collect(upTo: 16 << 20).readableBytesView)
        guard answer.status < 300 else {
            throw FixtureError("\(method) \(path): \(answer.status) \(String(decoding: content, as: UTF8.self))")
        }
        return content
    }

    private struct Line: Encodable {
        let command: String
        let args: [String]
        let sudo: Bool
    }
}

struct ShownSandbox: Decodable {
    struct Sandbox: Decodable {
        let currentSessionId: String
        let currentSnapshotId: String?
        let status: String
        let timeout: Int
        let vcpus: Int
        let persistent: Bool
        let image: String
        let tags: [String: String]
        let networkPolicy: [String: String]
        let snapshotExpiration: Int
    }

    struct Session: Decodable {
        let id: String
        let status: String
        let timeout: Int
    }

    let sandbox: Sandbox
    let session: Session
}
