import BoxClient
import BoxSession
import Model
import ProviderKit

/// Our daemon in boxes: put there, started, and connected to.
struct DaemonEntrance: DaytonaEntrance {
    /// Where it and what it keeps lie: it survives a stop, and is no part of what is saved of a workspace.
    private static let directory = "/var/tmp/sandfleet"
    /// Of a shell: the program is not there, or is no program.
    private static let missing: Set<Int> = [126, 127]
    /// Of a script of ours.
    private static let noWorkspace = 73
    private static let terminals = "sandfleet-"

    let program: DaemonProgram
    let loop: BoxLoop
    var timeout: Duration = .seconds(60)

    func enter(_ entry: DaytonaEntry, _ api: DaytonaAPI) async throws(DriverError) -> any Box {
        let toolbox = try api.toolbox(of: entry.sandbox)
        let relay = DaemonProgram.relayArguments(path: path, directory: Self.directory, sandbox: entry.owner)
            .map(Self.quoted).joined(separator: " ")
        if entry.isNew { try await provision(toolbox) }
        let isFresh = try await start(relay, toolbox)
        try await clearTerminals(upTo: entry.epoch, toolbox)
        let terminal = "\(Self.terminals)\(entry.epoch)-\(UInt32.random(in: .min ... .max))"
        // Nobody's settings: what a user's files do to a shell would keep us out.
        let (socket, call) = try await toolbox.openTerminal(
            terminal,
            environment: ["HOME": "/nonexistent", "HISTFILE": "/dev/null", "TERM": "dumb"]
        )
        let id = entry.sandbox.id
        let channel = TerminalChannel(terminal, socket, call, toolbox) { try await api.noteActivity(id) }
        do throws(DriverError) {
            try await channel.begin(relay)
        } catch {
            await channel.close()
            throw error
        }
        let box = try await DaemonBox.connect(
            over: channel,
            envelope: entry.envelope,
            // What the first relay has started is new to us, whatever the second one finds.
            isFresh: isFresh ? true : nil,
            sandbox: entry.owner,
            epoch: entry.epoch,
            environment: entry.environment,
            ports: { port throws(DriverError) in try await api.preview(of: id, port: port, entry.envelope) },
            loop: loop,
            timeout: timeout
        )
        return box
    }

    private var path: String { "\(Self.directory)/\(program.name)" }

    /// Has a daemon run, in a session of its own.
    ///
    /// The relay reads the end of its input at once, and leaves the daemon behind.
    ///
    /// - Returns: Whether it was started now.
    private func start(_ relay: String, _ toolbox: DaytonaToolbox) async throws(DriverError) -> Bool {
        var result = try await toolbox.execute("\(relay) </dev/null")
        if Self.missing.contains(result.exitCode) {
            try await provision(toolbox)
            result = try await toolbox.execute("\(relay) </dev/null")
        }
        guard result.exitCode == 0 else {
            throw DriverError(.transient, "The daemon does not start in the box: \(result.result.suffix(300))")
        }
        return result.result.contains("sandfleet-relay/1 fresh")
    }

    /// Puts the daemon into a box, and makes the workspace its user's.
    private func provision(_ toolbox: DaytonaToolbox) async throws(DriverError) {
        try await toolbox.upload(program.bytes, to: "\(path).new")
        var result = try await prepare(toolbox)
        if result.exitCode == Self.noWorkspace {
            try await toolbox.makeDirectory("/workspace")
            result = try await prepare(toolbox)
        }
        guard result.exitCode == 0 else {
            throw DriverError(.transient, "The box could not be prepared: \(result.result.suffix(300))")
        }
    }

    private func prepare(_ toolbox: DaytonaToolbox) async throws(DriverError) -> DaytonaToolbox.Result {
        // Renamed when it is whole. Where `/` is not the user's, the user may become root.
        let script = """
            [ -e "$1.new" ] && { chmod 755 "$1.new" && mv "$1.new" "$1" || [ -x "$1" ] || exit 1; } 2>/dev/null
            mkdir -p /workspace 2>/dev/null || sudo -n mkdir -p /workspace 2>/dev/null
            [ -w /workspace ] || sudo -n chown "$(id -u):$(id -g)" /workspace 2>/dev/null
            [ -w /workspace ] || exit \(Self.noWorkspace)
            """
        return try await toolbox.execute("/bin/sh -c \(Self.quoted(script)) sh \(Self.quoted(path))")
    }

    /// Does away with the terminals of connections that have ended.
    ///
    /// - Parameter epoch: Those of a later owner are not ours to judge.
    private func clearTerminals(upTo epoch: UInt64, _ toolbox: DaytonaToolbox) async throws(DriverError) {
        for id in try await toolbox.terminals() where id.hasPrefix(Self.terminals) {
            let number = id.dropFirst(Self.terminals.count).prefix { $0 != "-" }
            guard let other = UInt64(number), other <= epoch else { continue }
            do {
                try await toolbox.closeTerminal(id)
            } catch {
                // Ended meanwhile, or it stays one of several.
                guard error.kind == .transient else { throw error }
            }
        }
    }

    private static func quoted(_ word: String) -> String { "'\(word.replacing("'", with: "'\\''"))'" }
}
