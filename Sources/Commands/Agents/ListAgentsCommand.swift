import ArgumentParser
import SandfleetClient

/// `sandfleet agents ls`.
struct ListAgentsCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the machines, newest first.",
        discussion: """
            $ sandfleet agents
            $ sandfleet agents ls --state online --label gpu=yes
            """,
        aliases: ["list"]
    )

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "Only those in this state: new, online, reconnecting or offline.")
    var state: String?

    @Option(help: "Only those with this label; may be repeated.")
    var label: [Assignment] = []

    func run(_ session: Session) async throws {
        var agents: [Agent] = []
        let state = state.map(AgentState.init(rawValue:))
        for try await agent in session.client.agents(state: state, labels: label.dictionary) { agents.append(agent) }
        try await session.output.show(["items": agents], or: table(agents))
    }

    private func table(_ agents: [Agent]) -> String {
        var table = TextTable(["ID", "NAME", "STATE", "HOST", "SANDBOXES", "HEARD", "LABELS"])
        for agent in agents {
            table.add([
                agent.id, agent.name, agent.state.rawValue, agent.hostName, agent.load.map { "\($0.sandboxes)" },
                Quantities.age(agent.lastBeatAt), agent.labels.text,
            ])
        }
        return table.text
    }
}

extension [String: String] {
    /// As in `gpu=yes,os=linux`.
    var text: String { sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",") }
}
