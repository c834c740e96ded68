import ArgumentParser
import SandfleetClient

/// `sandfleet kill`.
struct KillCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "kill",
        abstract: "Send a signal to processes and everything that they started.",
        discussion: """
            With --cancel they are ended for certain: TERM, a pause, KILL, until nothing of them is left.

              $ sandfleet kill 01m7tq3nq0fa2svz3c0yqk2m4d
              $ sandfleet kill --signal HUP 01m7tq3nq0fa2svz3c0yqk2m4d
              $ sandfleet kill --cancel $(sandfleet ps build --json | jq -r '.items[].id')
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Option(name: [.short, .long], help: "The signal, by its name or number. (default: TERM)")
    var signal: String?

    @Flag(help: "End them for certain, and wait for it.")
    var cancel = false

    @Option(help: "With --cancel: the time between TERM and KILL, as in 5s.", transform: TimeSpan.parse)
    var grace: TimeSpan?

    @Argument(help: "The processes' ids; 'sandfleet ps' lists them.")
    var processes: [String]

    func validate() throws {
        if cancel, signal != nil { throw ValidationError("--signal and --cancel do not go together.") }
        if grace != nil, !cancel { throw ValidationError("--grace goes with --cancel.") }
        _ = try name
    }

    func run(_ session: Session) async throws {
        let name = try name
        var told: [SandboxProcess] = []
        for process in processes {
            told.append(
                cancel
                    ? try await session.client.cancelProcess(process, grace: grace?.duration)
                    : try await session.client.signal(name, process)
            )
        }
        let text = told.map { "\($0.id) \($0.exit?.summary ?? $0.status.rawValue)" }.joined(separator: "\n")
        try await session.output.show(["items": told], or: cancel ? text : "")
    }

    /// The signal's name without `SIG`.
    private var name: String {
        get throws {
            guard let signal else { return "TERM" }
            guard let number = ProcessSignal.number(signal), ProcessSignal.names.indices.contains(number - 1) else {
                throw ValidationError(
                    "There is no signal '\(signal)': use \(ProcessSignal.names.joined(separator: ", "))."
                )
            }
            return ProcessSignal.names[number - 1]
        }
    }
}
