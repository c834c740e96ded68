import ArgumentParser
import SandfleetClient

/// `sandfleet agents get`.
struct GetAgentCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Show a machine: whether it is there, what it has and what its user allows.",
        discussion: "$ sandfleet agents get workshop"
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The machine's id or name.")
    var agent: String

    func run(_ session: Session) async throws {
        let agent = try await session.agent(agent)
        try await session.output.show(agent, or: text(agent))
    }

    private func text(_ agent: Agent) -> String {
        var lines = [
            "id:           \(agent.id)",
            "name:         \(agent.name)",
            "state:        \(agent.state.rawValue)\(Quantities.age(agent.stateAt).map { ", for \($0)" } ?? "")",
            "host:         \(agent.hostName ?? "-")",
            "labels:       \(agent.labels.text)",
            "heard:        \(Quantities.age(agent.lastBeatAt).map { "\($0) ago" } ?? "never")",
        ]
        if let load = agent.load {
            lines.append("load:         \(load.sandboxes) sandboxes, \(load.processes) processes")
        }
        if let has = agent.capabilities {
            let allowed = [has.exec ? "commands" : nil, has.files ? "files" : nil].compactMap(\.self)
            lines += [
                "system:       \(has.os) \(has.architecture), agent \(has.version)",
                "root:         \(has.root)",
                "allows:       \(allowed.isEmpty ? "nothing" : allowed.joined(separator: ", "))",
                "isolation:    \(has.isolated ? "bubblewrap" : "none")",
                "tools:        \(has.tools.joined(separator: " "))",
            ]
        }
        return lines.map(\.printable).joined(separator: "\n")
    }
}
