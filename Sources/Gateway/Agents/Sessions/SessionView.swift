import Bus
import Model
import Store

/// Credentials of one run, as the agent is given them.
struct SessionView: Sendable {
    let agent: AgentRecord
    let instance: AgentInstanceID
    /// Secret.
    let token: String
    let natsURLs: [String]
    /// Of those that the machine has named.
    let deletedSandboxes: [SandboxID]

    var json: JSONValue {
        let lifetime = AgentSessionsController.lifetime.components.seconds * 1000
        return [
            "jwt": .string(token),
            "natsUrls": .strings(natsURLs),
            "subject": .string(Subject.agent(agent.workspace, agent.id, instance)),
            "beatSubject": .string(Subject.beat(agent.workspace, agent.id)),
            "inboxPrefix": .string("_INBOX.agent.\(agent.workspace).\(agent.id)"),
            "lifetimeMs": .integer(lifetime),
            "renewAfterMs": .integer(lifetime / 2),
            "reconnectWindowMs": .integer(Int64(agent.reconnectWindowMs)),
            "deletedSandboxes": .strings(deletedSandboxes.map(\.rawValue)),
        ]
    }
}
