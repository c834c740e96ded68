package import Model
package import NATSIdentity
package import Store

/// What agents may do on the bus, as the account's claims say it: one scoped key a workspace.
package enum AgentScope {
    private static let rolePrefix = "agents."

    /// The template of a workspace's key: an agent's own subjects and one answer to each request, nothing else.
    package static func template(_ workspace: String) -> UserPermissions {
        UserPermissions(
            publish: SubjectLists(allow: ["agent.\(workspace).{{name()}}.beat"]),
            subscribe: SubjectLists(
                allow: [
                    "agent.\(workspace).{{name()}}.{{tag(instance)}}.rpc", "_INBOX.agent.\(workspace).{{name()}}.>",
                ]
            ),
            responses: UserPermissions.Responses(max: 1, within: 60)
        )
    }

    /// The tag that names the run in the template.
    package static func instanceTag(_ instance: AgentInstanceID) -> String { "instance:\(instance)" }

    /// The account's claims with the keys and revocations of the store; keys of others stay.
    package static func claims(_ current: AccountClaims, _ record: AccountRecord) -> AccountClaims {
        var claims = current
        let others = current.signingKeys.filter { key in
            guard case .scoped(_, let role, _) = key else { return true }
            return !role.hasPrefix(rolePrefix)
        }
        claims.signingKeys =
            others
            + record.signingKeys.sorted { $0.key < $1.key }
            .map { .scoped($0.value, role: rolePrefix + $0.key, template: template($0.key)) }
        claims.revocations = record.revocations
        return claims
    }
}
