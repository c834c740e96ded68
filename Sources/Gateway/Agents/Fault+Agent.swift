import FoundationEssentials
import Model
import Store

extension Fault {
    static let agentNotFound = Fault(.agentNotFound, "There is no such agent.")

    static let agentRevoked = Fault(
        .agentRevoked,
        "The agent was deleted, and its credentials were taken back.",
        hint: "Make a token with POST /v1/agents/enrollments and enroll the machine again."
    )

    static func agentOffline(_ agent: AgentRecord) -> Fault {
        var details = agentDetails(agent)
        if let beat = agent.lastBeatAt { details["lastBeatAt"] = ISO8601.string(beat) }
        return Fault(
            .agentOffline,
            agent.state == .new
                ? "The agent \(agent.name) has not come online yet." : "The agent \(agent.name) is offline.",
            hint: "Start it on \(agent.hostName) with sandfleet agent run.",
            retryAfter: 15,
            details: details
        )
    }

    static func agentDetails(_ agent: AgentRecord) -> [String: String] {
        ["agentId": agent.id.rawValue, "agent": agent.name, "state": agent.state.rawValue]
    }

    static func agentConflict(hostName: String, since: Date) -> Fault {
        Fault(
            .agentConflict,
            "This agent runs on \(hostName), which was heard at \(ISO8601.string(since)).",
            hint: "Stop it there, or enroll this machine with a token of its own.",
            retryAfter: 15,
            details: ["hostName": hostName, "lastHeardAt": ISO8601.string(since)]
        )
    }

    static func agentSuperseded(hostName: String, since: Date) -> Fault {
        Fault(
            .agentSuperseded,
            "Another run of this agent, on \(hostName), has taken over at \(ISO8601.string(since)).",
            hint:
                "If this machine is a copy of that one, give it an identity of its own: uninstall the agent and enroll it.",
            details: ["hostName": hostName, "since": ISO8601.string(since)]
        )
    }
}
