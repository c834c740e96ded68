import Bus
import Fleet
import FleetTesting
import Glibc
import Logging
import Model
import NATSClient
import NATSIdentity
import NIOConcurrencyHelpers
import NIOCore
import SwiftProtobuf
import Wire

/// A machine with an enrolled agent, a broker, and the part of a gateway that agents ask.
struct AgentFixture: Sendable {
    static let token = "sfe_01jc0000000000000000000enr_secret"

    let folder: String
    let broker: OperatorFixture
    let client: NATSConnection
    let gatewayPort: UInt16
    /// Of every run of the program.
    let umask: String

    /// Lends all of it; what an agent left running is ended afterwards.
    static func with<Result>(
        configuration: String? = nil,
        umask: String = "022",
        _ body: (AgentFixture) async throws -> Result
    ) async throws -> Result {
        try await withTemporaryDirectory { folder in
            try await withOperatorNATS(roles: [.everything]) { broker in
                for name in ["root", "config", "gateway"] { mkdir("\(folder)/\(name)", 0o755) }
                let script = URLPath.beside(#filePath, "gateway.py")
                return try await withServer("/usr/bin/env", ["python3", script, "\(folder)/gateway", broker.url]) { port in
                    let options = NATSOptions(urls: [broker.url], credentials: .file(broker.keys.credentialsFile("test")))
                    let client = try await NATSConnection.connect(options, logger: Logger(label: "test"))
                    let fixture = AgentFixture(
                        folder: folder,
                        broker: broker,
                        client: client,
                        gatewayPort: port,
                        umask: umask
                    )
                    return try await fixture.lend(configuration, body)
                }
            }
        }
    }

    private func lend<Result>(_ configuration: String?, _ body: (AgentFixture) async throws -> Result) async throws
        -> Result
    {
        let outcome: Swift.Result<Result, any Error>
        do {
            if let configuration { try configure(configuration) }
            try await enroll()
            try issueCredentials()
            outcome = .success(try await body(self))
        } catch {
            outcome = .failure(error)
        }
        await client.close()
        // Ends keepers too.
        do {
            try await run("uninstall", "--yes")
        } catch {
            guard case .failure = outcome else { throw error }
        }
        return try outcome.get()
    }

    var root: String { "\(folder)/root" }
    var state: String { "\(folder)/state" }

    var environment: [String: String] {
        [
            "SANDFLEET_AGENT_CONFIG": "\(folder)/config", "SANDFLEET_AGENT_STATE": state,
            "XDG_CONFIG_HOME": "\(folder)/xdg",
        ]
    }

    func configure(_ text: String) throws {
        try Self.write("\(folder)/config/agent.json", text.replacing("ROOT", with: root))
    }

    /// Answers of the gateway from now on, or how long credentials last.
    func gateway(_ name: String, _ value: String) throws { try Self.write("\(folder)/gateway/\(name)", value) }

    /// What the gateway was asked.
    var gatewayRequests: [Substring] { (TextFile.read("\(folder)/gateway/requests") ?? "").split(separator: "\n") }

    /// Runs a verb of the program to its end; what it printed.
    @discardableResult
    func run(_ words: String...) async throws -> String {
        try await Tool.run("/bin/sh", try command(words), environment: environment)
    }

    /// The program with these words, as the shell's arguments.
    private func command(_ words: [String]) throws -> [String] {
        ["-c", "umask $0; exec \"$@\"", umask, try Products.path("agent")] + words
    }

    func enroll() async throws {
        try await run(
            "enroll",
            "--url",
            "http://127.0.0.1:\(gatewayPort)",
            "--token",
            Self.token,
            "--name",
            "tester",
            "--root",
            root
        )
    }

    private static func write(_ path: String, _ text: String) throws { try TextFile.replace(path, with: text) }

    /// A token for the agent's key with the rights that the gateway's have, for any instance.
    private func issueCredentials() throws {
        guard let seed = TextFile.read("\(broker.folder)/nats-account.seed")?.trimmed, let account = NKey(seed: seed),
            let asked = gatewayRequests.last(where: { $0.contains("/enroll") }),
            let word = asked.split(separator: "\"publicKey\": \"").last?.prefix(56), let key = NKeyPublic(String(word))
        else { throw FixtureError("there is no key to issue credentials for") }
        let agent = "01jc0000000000000000000wsp.01jc0000000000000000000agt"
        let permissions = UserPermissions(
            publish: SubjectLists(allow: ["agent.\(agent).beat"]),
            subscribe: SubjectLists(allow: ["agent.\(agent).*.rpc", "_INBOX.agent.\(agent).>"]),
            responses: .init(max: 1, within: 60)
        )
        let token = NATSToken(subject: key, name: "agent", issuedAt: 0, claims: UserClaims(permissions: permissions))
        try gateway("jwt", try token.signed(by: account))
    }

    var log: String { TextFile.read("\(state)/agent.log") ?? "" }
}

// MARK: Runs

extension AgentFixture {
    /// One run of `agent run`, by its process and its instance.
    struct Run: Sendable {
        let process: ChildProcess
        let instance: AgentInstanceID
        let subject: String
    }

    func spawn(log: String = "output") async throws -> ChildProcess {
        var child = ChildSpecification(
            executable: "/bin/sh",
            arguments: try command(["run"]),
            environment: environment.merging(["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"]) { $1 },
            log: "\(folder)/\(log)"
        )
        child.deathSignal = SIGKILL
        return try await ChildProcess.spawn(child)
    }

    /// Starts the agent and returns with its first beat.
    func start(after former: [String] = []) async throws -> Run {
        let heard = NIOLockedValueBox<WireAgentBeat?>(nil)
        let beats = try client.subscribe(subject: Subject.anyBeat) { message in
            guard let beat = try? WireAgentBeat(serializedBytes: Array(buffer: message.payload)) else { return }
            // A former run may still be saying something.
            if !former.contains(beat.instance) { heard.withLockedValue { $0 = beat } }
        }
        defer { beats.unsubscribe() }
        try await client.flush()
        let process = try await spawn()
        try await eventually("the agent beats") {
            if let status = process.exit.value {
                throw FixtureError("the agent ended with \(status): \(TextFile.read("\(folder)/output") ?? "")")
            }
            return heard.withLockedValue { $0 != nil }
        }
        guard let beat = heard.withLockedValue({ $0 }) else { throw FixtureError("no beat") }
        guard let instance = AgentInstanceID(beat.instance) else { throw FixtureError("no instance") }
        return Run(process: process, instance: instance, subject: Self.subject(instance))
    }

    static func subject(_ instance: AgentInstanceID) -> String {
        "agent.01jc0000000000000000000wsp.01jc0000000000000000000agt.\(instance).rpc"
    }

    /// Lends a running agent; it is stopped as a service manager does.
    func withRun<Result>(after former: [String] = [], _ body: (Run) async throws -> Result) async throws -> Result {
        let run = try await start(after: former)
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(run))
        } catch {
            outcome = .failure(error)
        }
        await run.process.stop([StopStep(SIGTERM, grace: .seconds(20))])
        return try outcome.get()
    }
}

enum URLPath {
    /// A file in the folder of another.
    static func beside(_ file: String, _ name: String) -> String {
        (file.lastIndex(of: "/").map { String(file[...$0]) } ?? "") + name
    }
}
