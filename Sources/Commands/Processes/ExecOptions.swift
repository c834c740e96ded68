import ArgumentParser
import SandfleetClient

/// The options of `exec`, which may stand before the sandbox and behind it.
struct ExecOptions: ParsableArguments, Sendable {
    @OptionGroup var connection: ConnectionOptions

    @Option(help: "Kill the command after this time, as in 30s or 5m.", transform: TimeSpan.parse)
    var timeout: TimeSpan?

    @Option(help: "The directory to run it in.")
    var cwd: String?

    @Option(
        help: ArgumentHelp(
            "A variable for it, or the name of one of yours to pass on; may be repeated.",
            valueName: "name=value"
        )
    )
    var env: [Assignment] = []

    @Option(help: "What it is for: \(ProcessKind.words).")
    var kind: String?

    @Flag(name: [.short, .long], help: "Start it, print its id, and leave it running.")
    var detach = false

    @Flag(name: [.short, .long], help: "Give it a terminal: yours, where you have one.")
    var tty = false

    @Flag(
        name: [.customShort("i"), .long],
        inversion: .prefixedNo,
        help: "Give it your input, or none. (default: what is piped in, nothing of what is typed)"
    )
    var stdin: Bool?

    /// These options, with those of a second set where it has them.
    func overlaid(by other: ExecOptions) -> ExecOptions {
        var merged = self
        merged.connection = connection.overlaid(by: other.connection)
        merged.timeout = other.timeout ?? timeout
        merged.cwd = other.cwd ?? cwd
        merged.env += other.env
        merged.kind = other.kind ?? kind
        merged.detach = detach || other.detach
        merged.tty = tty || other.tty
        merged.stdin = other.stdin ?? stdin
        return merged
    }

    /// Refuses what does not go together.
    func check() throws {
        if let kind { try ProcessKind(rawValue: kind).check() }
        guard tty else { return }
        if detach { throw ValidationError("A terminal needs you: --tty and --detach do not go together.") }
        if connection.json { throw ValidationError("A terminal is for people: --tty and --json do not go together.") }
    }
}
