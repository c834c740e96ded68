package import Fleet
import Glibc
import NIOConcurrencyHelpers

/// A machine that a user brings to a fleet, with the real agent on it, told what to do as its user would.
package final class UserMachine: Sendable {
    package let name: String
    /// What the machine has of the agent: `root`, `config`, `state`.
    package let folder: String
    private let network: NetworkHost?
    private let running = NIOLockedValueBox<ChildProcess?>(nil)
    private let hasOwnClock = NIOLockedValueBox(false)

    /// - Parameter network: Where it is; nil shares ours.
    package init(_ name: String, folder: String, network: NetworkHost? = nil) throws {
        self.name = name
        self.folder = folder
        self.network = network
        for directory in [folder, "\(folder)/root"] {
            guard mkdir(directory, 0o755) == 0 || errno == EEXIST else {
                throw FixtureError("\(directory) cannot be made")
            }
        }
    }

    package var root: String { "\(folder)/root" }
    package var state: String { "\(folder)/state" }
    /// What the agent has written to its log.
    package var log: String { TextFile.read("\(state)/agent.log") ?? "" }

    /// Waits until something has made a file below the root, and takes it away.
    package func waitForFile(_ name: String) async throws {
        try await eventually("there is \(name) on \(self.name)") { unlink("\(root)/\(name)") == 0 }
    }

    /// How many sandboxes something holds processes of.
    package var keepers: Int {
        Remains(data: state + "/", fleet: nil).processes.count { $0.contains("--keeper") && !$0.contains("bwrap") }
    }

    private var environment: [String: String] {
        [
            "SANDFLEET_AGENT_CONFIG": "\(folder)/config", "SANDFLEET_AGENT_STATE": state,
            // A cable between two namespaces of one machine is a network to trust.
            "SANDFLEET_AGENT_PLAIN_HTTP": "1",
            "XDG_CONFIG_HOME": "\(folder)/xdg", "LANG": "C.UTF-8", "HOME": folder,
        ]
    }

    /// The configuration that its user has written; enrolling makes one otherwise.
    package func configure(_ text: String) throws {
        mkdir("\(folder)/config", 0o755)
        try TextFile.replace("\(folder)/config/agent.json", with: text.replacing("ROOT", with: root))
    }

    /// Asks the fleet for a token, as somebody with a key does, and runs the line that is printed, as the machine's user does.
    package func enroll(in fleet: TestFleet, labels: [String: String] = [:]) async throws {
        let line = try await fleet.cli(
            ["agents", "enroll"] + labels.flatMap { ["--label", "\($0.key)=\($0.value)"] }
        )
        let words = line.split(separator: " ").map(String.init)
        guard words.first == "sandfleet", words.count == 7 else { throw FixtureError("not a line to paste: \(line)") }
        try await run(try Products.path("sandfleet"), Array(words.dropFirst()) + ["--name", name, "--root", root])
    }

    /// Runs a verb of `agent` to its end; what it printed.
    @discardableResult
    package func agent(_ words: String...) async throws -> String { try await run(Products.path("agent"), words) }

    /// Runs a verb that fails; its exit code.
    package func agentFails(_ words: String...) async throws -> Int32 {
        let (status, output) = try await outcome(words)
        guard case .exited(let code) = status, code != 0 else {
            throw FixtureError("`agent \(words)` ended with \(status): \(output)")
        }
        return code
    }

    /// Another `agent run` beside the first, to its end.
    package func secondRun() async throws -> (status: WaitStatus, output: String) { try await outcome(["run"]) }

    private func outcome(_ words: [String]) async throws -> (status: WaitStatus, output: String) {
        try await withTemporaryDirectory { folder in
            let (program, words) = inside(try Products.path("agent"), words)
            var child = ChildSpecification(executable: program, arguments: words, log: "\(folder)/output")
            child.environment = environment.merging(["PATH": "/usr/local/bin:/usr/bin:/bin"]) { own, _ in own }
            let process = try await ChildProcess.spawn(child)
            guard let status = await process.exit.wait(for: .seconds(30)) else {
                process.killAll()
                throw FixtureError("`agent \(words)` does not end")
            }
            return (status, TextFile.read("\(folder)/output") ?? "")
        }
    }

    @discardableResult
    private func run(_ program: String, _ words: [String]) async throws -> String {
        let (program, words) = inside(program, words)
        return try await Tool.run(program, words, environment: environment)
    }

    private func inside(_ program: String, _ words: [String]) -> (String, [String]) {
        guard let entry = network?.entry else { return (program, words) }
        return (entry.executable, entry.arguments + [program] + words)
    }

    /// Makes it look like a machine onto which another one's identity was copied.
    package func takeIdentity(of other: UserMachine) throws {
        for (folder, file) in [("config", "agent.json"), ("state", "identity.json")] {
            guard let text = TextFile.read("\(other.folder)/\(folder)/\(file)") else {
                throw FixtureError("\(other.name) has no \(file)")
            }
            guard mkdir("\(self.folder)/\(folder)", 0o700) == 0 || errno == EEXIST else {
                throw FixtureError("\(folder) cannot be made")
            }
            try TextFile.replace("\(self.folder)/\(folder)/\(file)", with: text)
        }
    }

    // MARK: The clock

    private static let fakeTime = "/usr/lib/\(architecture)-linux-gnu/faketime/libfaketimeMT.so.1"

    #if arch(arm64)
    private static let architecture = "aarch64"
    #else
    private static let architecture = "x86_64"
    #endif

    /// Whether runs on this machine can have a clock of their own.
    package static var canFakeTime: Bool { access(fakeTime, R_OK) == 0 }

    /// Sets the machine's clock off by so much, as in `+26h`; a run that began with such a clock sees it jump.
    package func setClock(_ offset: String) throws {
        hasOwnClock.withLockedValue { $0 = true }
        try TextFile.replace("\(folder)/clock", with: offset + "\n")
    }

    private var clock: [String: String] {
        guard hasOwnClock.withLockedValue({ $0 }) else { return [:] }
        return [
            "LD_PRELOAD": Self.fakeTime, "FAKETIME_TIMESTAMP_FILE": "\(folder)/clock", "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        ]
    }

    // MARK: The run

    /// Starts `agent run`, and returns at once.
    package func start() async throws {
        // What fakes the time changes the environment of the first program, which then does not find its arguments.
        let (program, words) = inside("/usr/bin/env", [try Products.path("agent"), "run"])
        var child = ChildSpecification(executable: program, arguments: words, log: "\(folder)/output")
        child.environment = environment.merging(["PATH": "/usr/local/bin:/usr/bin:/bin"]) { own, _ in own }
            .merging(clock) { own, _ in own }
        let process = try await ChildProcess.spawn(child)
        running.withLockedValue { $0 = process }
    }

    /// What it wrote to its terminal.
    package var output: String { TextFile.read("\(folder)/output") ?? "" }

    package var pid: Int32 {
        get throws {
            guard let pid = running.withLockedValue({ $0?.pid }) else { throw FixtureError("\(name) runs no agent") }
            return pid
        }
    }

    package func signal(_ number: Int32) { running.withLockedValue { $0 }?.signal(number) }

    /// Ends the run by a signal, and returns how it ended.
    @discardableResult
    package func end(_ number: Int32, within limit: Duration = .seconds(30)) async throws -> WaitStatus {
        guard let process = running.withLockedValue({ $0 }) else { throw FixtureError("\(name) runs no agent") }
        process.signal(number)
        guard let status = await process.exit.wait(for: limit) else {
            throw FixtureError("\(name) does not end: \(output)")
        }
        running.withLockedValue { $0 = nil }
        return status
    }

    /// How the run ended by itself, once it has.
    package func ended(within limit: Duration = .seconds(30)) async throws -> WaitStatus {
        guard let process = running.withLockedValue({ $0 }), let status = await process.exit.wait(for: limit) else {
            throw FixtureError("\(name) goes on: \(output)")
        }
        return status
    }

    /// Ends everything on the machine, and makes sure that nothing of it is left.
    fileprivate func remove() async throws {
        try await agent("uninstall", "--yes")
        if let process = running.withLockedValue({ $0 }) {
            process.signal(SIGKILL)
            _ = await process.exit.wait(for: .seconds(10))
        }
        try await Remains(data: folder + "/", fleet: nil).vanish()
    }
}

/// Lends a machine to `body`; afterwards nothing of it may be left.
package func withMachine<Result>(
    _ name: String = "workshop",
    network: NetworkHost? = nil,
    _ body: (UserMachine) async throws -> Result
) async throws -> Result {
    try await withTemporaryDirectory { folder in
        let machine = try UserMachine(name, folder: "\(folder)/machine", network: network)
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(machine))
        } catch {
            outcome = .failure(error)
        }
        do {
            try await machine.remove()
        } catch {
            guard case .failure = outcome else { throw error }
        }
        return try outcome.get()
    }
}

/// Lends several machines, by the names `machine-1` and so on.
package func withMachines<Result>(_ count: Int, _ body: ([UserMachine]) async throws -> Result) async throws -> Result {
    try await withTemporaryDirectory { folder in
        let machines = try (1...count).map { try UserMachine("machine-\($0)", folder: "\(folder)/machine-\($0)") }
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(machines))
        } catch {
            outcome = .failure(error)
        }
        for machine in machines {
            do {
                try await machine.remove()
            } catch {
                guard case .failure = outcome else { throw error }
            }
        }
        return try outcome.get()
    }
}

extension TestFleet {
    /// Runs a verb of `sandfleet` against this fleet to its end; what it printed.
    @discardableResult
    package func cli(_ words: [String]) async throws -> String {
        try await Tool.run(try Products.path("sandfleet"), words, environment: ["SANDFLEET_DATA": data])
    }

    @discardableResult
    package func cli(_ words: String...) async throws -> String { try await cli(words) }
}
