package import Model
import PostgresClient

/// A sandbox that a reaper's duty found, with what is needed to ask somebody about it.
package struct DueSandbox: Sendable, Hashable {
    package var id: SandboxID
    package var workspace: WorkspaceID
    package var provider: String
    package var placement: String?

    static let columns = "s.id, s.workspace_id, s.provider, s.placement"

    init(_ row: PostgresRow) throws {
        id = try row.identifier("id")
        workspace = try row.identifier("workspace_id")
        provider = try row.get("provider", as: String.self)
        placement = try row.get("placement", as: String?.self)
    }
}
