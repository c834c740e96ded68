import ArgumentParser

/// `sandfleet agents`.
struct AgentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "agents",
        abstract: "See and change the machines that users have brought.",
        discussion: """
            $ sandfleet agents
            $ sandfleet agents enroll --name workshop --label gpu=yes
            """,
        subcommands: [
            ListAgentsCommand.self, GetAgentCommand.self, RenameAgentCommand.self, LabelAgentCommand.self,
            DeleteAgentCommand.self, EnrollAgentCommand.self, EnrollmentsCommand.self,
        ],
        defaultSubcommand: ListAgentsCommand.self
    )
}
