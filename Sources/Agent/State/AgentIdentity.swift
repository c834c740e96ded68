package import Model

/// Who this agent is to its fleet: what enrollment gave it, and its key.
package struct AgentIdentity: Sendable {
    package var agent: AgentID
    package var workspace: WorkspaceID
    package var name: String
    /// The gateway's address.
    package var gateway: String
    var key: AgentKey

    /// Nil when this machine is not enrolled.
    static func load(_ paths: AgentPaths) throws(AgentError) -> AgentIdentity? {
        guard let bytes = LocalFile.read(paths.identity) else { return nil }
        guard let json = try? JSON(bytes), let agent = json["agentId"]?.string.flatMap({ AgentID($0) }),
            let workspace = json["workspaceId"]?.string.flatMap({ WorkspaceID($0) }),
            let gateway = json["gateway"]?.string, let key = json["seed"]?.string.flatMap({ AgentKey(seed: $0) })
        else {
            throw AgentError(
                .machine,
                "\(paths.identity) is damaged.",
                advice: "Remove it and enroll this machine again."
            )
        }
        let name = json["name"]?.string ?? ""
        return AgentIdentity(agent: agent, workspace: workspace, name: name, gateway: gateway, key: key)
    }

    static func require(_ paths: AgentPaths) throws(AgentError) -> AgentIdentity {
        guard let identity = try load(paths) else {
            throw AgentError(
                .notEnrolled,
                "This machine is not enrolled.",
                advice: "`sandfleet agents enroll` makes a token; then: agent enroll --url URL --token TOKEN"
            )
        }
        return identity
    }

    func save(_ paths: AgentPaths) throws(AgentError) {
        let json: JSON = [
            "agentId": .string(agent.rawValue), "workspaceId": .string(workspace.rawValue), "name": .string(name),
            "gateway": .string(gateway), "seed": .string(key.seed),
        ]
        try LocalFile.replace(paths.identity, with: json.readableText)
    }
}
