import ArgumentParser
import Glibc
import SandfleetClient

/// `sandfleet shell`.
struct ShellCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell",
        abstract: "Open a shell in a sandbox.",
        discussion: """
            A terminal with bash, or sh where there is no bash: short for 'sandfleet exec -t'. When the connection breaks, \
            the shell goes on, and so do you.

            The sandbox stays awake while you have typed something within the last 15 minutes, or the program that you look \
            at writes; a terminal that was left open does not keep it. For a long command that is silent, use \
            'sandfleet exec': it keeps the sandbox awake until it ends.

              $ sandfleet shell build
              $ sandfleet shell --cwd /workspace --env EDITOR=vi build
            """
    )

    /// Finds its own way to the better shell.
    private static let line = "if command -v bash >/dev/null 2>&1; then exec bash; fi; exec sh"

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The sandbox's id or name.")
    var sandbox: String

    @Option(help: "The directory to begin in.")
    var cwd: String?

    @Option(
        help: ArgumentHelp(
            "A variable for it, or the name of one of yours to pass on; may be repeated.",
            valueName: "name=value"
        )
    )
    var env: [Assignment] = []

    func validate() throws {
        if connection.json {
            throw ValidationError("A shell is for people: for JSON there is 'sandfleet exec --json'.")
        }
    }

    func run(_ session: Session) async throws {
        guard isatty(STDIN_FILENO) == 1 else {
            throw Failure(
                .usage,
                "a shell needs a terminal, and the input is none",
                hint: "pipe the lines into 'sandfleet exec \(sandbox) -- sh -s'"
            )
        }
        var command = Command.shell(Self.line)
        command.workingDirectory = cwd
        command.environment = env.dictionary
        command.nameTerminal()
        let execution = Execution(
            session: session,
            sandbox: try await session.sandboxID(sandbox),
            command: command,
            readsInput: true,
            hasTerminal: true,
            presence: Presence()
        )
        try await execution.run(ChunkPrinter.write).exit.report()
    }
}
