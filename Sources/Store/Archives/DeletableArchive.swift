package import Model
import PostgresClient

/// A saved workspace that nobody wants any more.
package struct DeletableArchive: Sendable, Hashable {
    package var id: ArchiveID
    package var workspace: WorkspaceID
    package var sandbox: SandboxID
    package var format: ArchiveReference.Format
    package var provider: String
    /// Of a native one: where it lies.
    package var placement: String?
    /// The same: in whose account; nil for the fleet's own.
    package var account: String?
    /// The provider's own word for it, or the name of its object; nil when it was never whole.
    package var externalID: String?
    /// How often deleting it has failed.
    package var attempts: Int

    init(_ row: PostgresRow) throws {
        id = try row.identifier("id")
        workspace = try row.identifier("workspace_id")
        sandbox = try row.identifier("sandbox_id")
        format = try row.word("format")
        provider = try row.get("provider", as: String.self)
        placement = try row.get("placement", as: String?.self)
        account = try row.get("account", as: String?.self)
        externalID = try row.get("external_id", as: String?.self)
        attempts = try row.get("attempts", as: Int.self)
    }
}
