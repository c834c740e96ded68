import ArgumentParser
import SandfleetClient

/// `sandfleet logs`.
struct LogsCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Show what a process has printed.",
        discussion: """
            Everything that it printed since its start, each stream where it belongs; with -f also what it prints from now \
            on, until it ends. A connection that breaks is made again, and nothing is shown twice. With --hold the sandbox \
            is not put to sleep while this terminal is open; reading alone does not keep it awake.

              $ sandfleet logs 01m7tq3nq0fa2svz3c0yqk2m4d
              $ sandfleet logs -f --timestamps 01m7tq3nq0fa2svz3c0yqk2m4d
              $ sandfleet logs --hold 01m7tq3nq0fa2svz3c0yqk2m4d
              $ sandfleet logs --stderr 01m7tq3nq0fa2svz3c0yqk2m4d > errors.txt
              $ sandfleet logs --from 120 --json 01m7tq3nq0fa2svz3c0yqk2m4d | jq .seq
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The process's id; 'sandfleet ps' lists them.")
    var process: String

    @Flag(name: [.short, .long], help: "Wait for more, until the process ends.")
    var follow = false

    @Flag(help: "Like -f, and keep the sandbox awake while this terminal is open.")
    var hold = false

    @Option(help: ArgumentHelp("Begin at this chunk, counted from 1.", valueName: "seq"))
    var from: Int?

    @Flag(help: "Only its standard output.")
    var stdout = false

    @Flag(help: "Only its standard error.")
    var stderr = false

    @Flag(name: [.short, .long], help: "The time before each line.")
    var timestamps = false

    func validate() throws {
        if let from, from < 1 { throw ValidationError("--from takes 1 or more: chunks are counted from 1.") }
        if connection.json, timestamps { throw ValidationError("With --json each chunk has its time already.") }
    }

    func run(_ session: Session) async throws {
        guard hold else { return try await show(session) }
        guard Presence.hasTerminal else {
            throw Failure(
                .usage,
                "--hold needs a terminal that is there for as long as somebody is",
                hint: "for a program there is 'sandfleet keepalive'"
            )
        }
        let sandbox = try await session.client.process(process).sandboxId
        try await Vigil(client: session.client, sandbox: sandbox).keep(during: { try await show(session) })
    }

    private func show(_ session: Session) async throws {
        let output = session.client.output(of: process, from: start, follow: follow || hold) { change in
            if case .lost = change { note("the connection is lost; the output goes on once there is another") }
        }
        var writer = LogWriter(isJSON: connection.json, showsTime: timestamps)
        var exit: ProcessExit?
        for try await chunk in output {
            exit = chunk.exit
            if isWanted(chunk) { try await writer.write(chunk) }
        }
        // How it ended is no part of what it printed; what nobody could see in its output is said.
        if let exit, exit.status != .exited, !connection.json, let text = exit.note { note(text) }
    }

    private var start: OutputStart {
        if let from { return .sequence(from) }
        // The fleet leaves out what nobody wants.
        if stdout != stderr { return .offsets(stdout: stdout ? 0 : nil, stderr: stderr ? 0 : nil) }
        return .beginning
    }

    private func isWanted(_ chunk: OutputChunk) -> Bool {
        guard stdout != stderr else { return true }
        switch chunk.type {
        case .stdout: return stdout
        case .stderr: return stderr
        default: return true
        }
    }
}
