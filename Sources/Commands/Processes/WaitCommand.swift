import ArgumentParser
import SandfleetClient

/// `sandfleet wait`.
struct WaitCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait until a process has ended, and pass its exit code on.",
        discussion: """
            The exit codes are those of 'sandfleet exec'; 124 also when the process still runs after --timeout.

              $ sandfleet wait 01m7tq3nq0fa2svz3c0yqk2m4d
              $ sandfleet wait --timeout 10m --json 01m7tq3nq0fa2svz3c0yqk2m4d
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The process's id; 'sandfleet ps' lists them.")
    var process: String

    @Option(help: "Wait no longer than this, as in 30s or 5m.", transform: TimeSpan.parse)
    var timeout: TimeSpan?

    func run(_ session: Session) async throws {
        let found = try await session.client.waitForProcess(process, for: timeout?.duration)
        if session.output.isJSON { try await session.output.show(found, or: "") }
        guard let exit = found.exit else {
            note("the process still runs")
            throw ExitCode(124)
        }
        try session.output.isJSON ? exit.passOn() : exit.report()
    }
}
