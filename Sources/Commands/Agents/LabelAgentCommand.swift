import ArgumentParser
import SandfleetClient

/// `sandfleet agents label`.
struct LabelAgentCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "label",
        abstract: "Set labels of a machine, or take them away.",
        discussion: """
            $ sandfleet agents label workshop gpu=yes site=attic
            $ sandfleet agents label workshop site-
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The machine's id or name.")
    var agent: String

    @Argument(help: ArgumentHelp("name=value sets a label, name- takes it away.", valueName: "label"))
    var labels: [String]

    func validate() throws {
        for label in labels where !label.contains("=") && !label.hasSuffix("-") {
            throw ValidationError("Write a label as name=value, or name- to take it away.")
        }
    }

    func run(_ session: Session) async throws {
        let agent = try await session.agent(agent)
        var update = AgentUpdate()
        update.labels = labels.reduce(into: agent.labels) { all, label in
            let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 {
                all[String(parts[0])] = String(parts[1])
            } else {
                all[String(label.dropLast())] = nil
            }
        }
        let changed = try await session.client.updateAgent(agent.id, update)
        try await session.output.show(changed, or: changed.labels.text)
    }
}
