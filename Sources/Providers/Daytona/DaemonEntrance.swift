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
        // Its shell is there by the time that the daemon runs.
        async let opened = terminal(of: entry, api, toolbox)
        let isFresh: Bool
        do throws(DriverError) {
            isFresh = try await start(relay, entry, toolbox)
        } catch {
            if case .success(let channel) = await opened { await channel.close() }
            throw error
        }
        let channel = try await opened.get()
        do throws(DriverError) {
            try await channel.begin(relay)
        } catch {
            await channel.close()
            throw error
        }
        let id = entry.sandbox.id
        return try await DaemonBox.connect(
            over: channel,
            envelope: entry.envelope,
            // What the first relay has started is new to us, whatever the second one finds.
            isFresh: isFresh || entry.isNew ? true : nil,
            sandbox: entry.owner,
            epoch: entry.epoch,
            environment: entry.environment,
            ports: { port throws(DriverError) in try await api.preview(of: id, port: port, entry.envelope) },
            loop: loop,
            timeout: timeout
        )
    }

    /// A terminal for the relay, once those of earlier connections are away.
    private func terminal(
        of entry: DaytonaEntry,
        _ api: DaytonaAPI,
        _ toolbox: DaytonaToolbox
    ) async -> Result<TerminalChannel, DriverError> {
        do throws(DriverError) {
            if !entry.isNew { try await clearTerminals(upTo: entry.epoch, toolbox) }
            let name = "\(Self.terminals)\(entry.epoch)-\(UInt32.random(in: .min ... .max))"
            // Nobody's settings: what a user's files do to a shell would keep us out.
            let (socket, call) = try await toolbox.openTerminal(
                name,
                environment: ["HOME": "/nonexistent", "HISTFILE": "/dev/null", "TERM": "dumb"]
            )
            let id = entry.sandbox.id
            return .success(TerminalChannel(name, socket, call, toolbox) { try await api.noteActivity(id) })
        } catch {
            return .failure(error)
        }
    }

    private var path: String { "\(Self.directory)/\(program.name)" }

    /// Has a daemon run, in a session of its own.
    ///
    /// The relay reads the end of its input at once, and leaves the daemon behind.
    ///
    /// - Returns: Whether it was started now.
    private func start(
        _ relay: String,
        _ entry: DaytonaEntry,
        _ toolbox: DaytonaToolbox
    ) async throws(DriverError) -> Bool {
        let relay = "\(relay) </dev/null"
        var result: DaytonaToolbox.Result
        if entry.isNew {
            result = try await provision(toolbox, relay, of: entry.owner)
        } else {
            result = try await toolbox.execute(relay)
            if Self.missing.contains(result.exitCode) {
                result = try await provision(toolbox, relay, of: entry.owner)
            }
        }
        guard result.exitCode == 0 else {
            throw DriverError(.transient, "The daemon does not start in the box: \(result.result.suffix(300))")
        }
        return result.result.contains("sandfleet-relay/1 fresh")
    }

    /// Puts the daemon into a box, makes the workspace its user's, and starts a relay.
    private func provision(
        _ toolbox: DaytonaToolbox,
        _ relay: String,
        of sandbox: SandboxID
    ) async throws(DriverError) -> DaytonaToolbox.Result {
        // Where `/` is not the user's, the provider's own daemon may make what its user may not.
        async let workspace = folder(toolbox)
        try await toolbox.upload(program.bytes, to: "\(path).new")
        let obstacle = await workspace
        // Where there was a daemon before, the workspace is its user's business. The executable is renamed when it is whole, and
        // last: where it is, the workspace is. A repeat may find that done meanwhile. The user may be one who can become root.
        let script = """
            if [ ! -d "$1" ]; then
                mkdir -p /workspace 2>/dev/null || sudo -n mkdir -p /workspace 2>/dev/null
                [ -w /workspace ] || sudo -n chown "$(id -u):$(id -g)" /workspace 2>/dev/null
                [ -w /workspace ] || exit \(Self.noWorkspace)
            fi
            if [ -e "$2.new" ]; then chmod 755 "$2.new" && mv "$2.new" "$2"; fi 2>/dev/null
            [ -x "$2" ]
            """
        let words = [script, "sh", "\(Self.directory)/\(sandbox)", path].map(Self.quoted).joined(separator: " ")
        let command = "/bin/sh -c \(words) && \(relay)"
        let result = try await toolbox.execute(command)
        guard result.exitCode != Self.noWorkspace else {
            throw DriverError(
                .transient,
                "The box has no workspace that its user may write to. \(obstacle?.message ?? String(result.result.suffix(300)))"
            )
        }
        return result
    }

    /// Makes the workspace; why it could not be made matters only if it is not there afterwards.
    private func folder(_ toolbox: DaytonaToolbox) async -> DriverError? {
        do throws(DriverError) {
            try await toolbox.makeDirectory("/workspace")
            return nil
        } catch {
            return error
        }
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
