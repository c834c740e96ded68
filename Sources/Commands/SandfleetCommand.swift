package import ArgumentParser

/// `sandfleet`: the root of the command line.
package struct SandfleetCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "sandfleet",
        abstract: "Sandboxes for code that agents run, on any provider, behind one API.",
        discussion: """
            Start a fleet on this machine and use it from another terminal:

              $ sandfleet up
              $ box=$(sandfleet create)
              $ sandfleet exec $box -- uname -a
              $ sandfleet cp ./project $box:/workspace
              $ sandfleet checkpoint $box
              $ sandfleet rm $box

            A fleet is found by --url and --api-key, by SANDFLEET_URL and SANDFLEET_API_KEY, or by the fleet.json that \
            'sandfleet up' writes to its data directory. Wherever a sandbox is asked for, its id or its name will do.

            Exit codes: 0 success, 1 the fleet refused, 64 wrong usage, 69 fleet not reachable, 74 local file error, \
            75 the connection broke and the outcome is not known, 76 not an answer of a fleet, 77 wrong or insufficient \
            key, 78 no fleet to talk to is configured, 130 interrupted. 'exec', 'shell' and 'wait' pass on the command's own, \
            with 124 for a timeout and 126 or 127 for what cannot be started.
            """,
        groupedSubcommands: [
            CommandGroup(
                name: "Fleet",
                subcommands: [
                    UpCommand.self, BusCommand.self, StatusCommand.self, ProvidersCommand.self, SweepCommand.self,
                ]
            ),
            CommandGroup(
                name: "Sandbox",
                subcommands: [
                    CreateCommand.self, ListCommand.self, GetCommand.self, HistoryCommand.self, ConnectCommand.self,
                    KeepAliveCommand.self, DrainCommand.self, StopCommand.self, RemoveCommand.self,
                ]
            ),
            CommandGroup(
                name: "Saved files",
                subcommands: [
                    CheckpointCommand.self, ForkCommand.self, ExportCommand.self, ImportCommand.self,
                ]
            ),
            CommandGroup(
                name: "Work in a sandbox",
                subcommands: [
                    ExecCommand.self, ShellCommand.self, CopyCommand.self, DirectoryCommand.self, PortCommand.self,
                ]
            ),
            CommandGroup(
                name: "Processes",
                subcommands: [
                    ProcessListCommand.self, LogsCommand.self, WaitCommand.self, KillCommand.self,
                ]
            ),
            CommandGroup(name: "Users' machines", subcommands: [AgentsCommand.self, AgentCommand.self]),
            CommandGroup(name: "Access", subcommands: [KeysCommand.self]),
        ]
    )

    package init() {}

    /// Parses the process's arguments, runs what they ask for, and ends the process.
    package static func start() async {
        await main()
    }
}
