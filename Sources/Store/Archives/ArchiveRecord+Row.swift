import FoundationEssentials
import Model
import PostgresClient

extension ArchiveRecord {
    init(_ row: PostgresRow) throws {
        self.init(
            id: try row.identifier("id"),
            workspace: try row.identifier("workspace_id"),
            sandbox: try row.identifier("sandbox_id"),
            purpose: try row.word("purpose"),
            state: try row.word("state"),
            format: try row.word("format"),
            provider: try row.get("provider", as: String.self),
            account: try row.get("account", as: String?.self),
            placement: try row.get("placement", as: String?.self),
            epoch: UInt64(try row.get("epoch", as: Int64.self)),
            box: try row.optionalIdentifier("box_id"),
            reference: try row.optionalJSON("reference", as: ArchiveReference.self),
            comment: try row.get("comment", as: String?.self),
            sizeBytes: try row.get("size_bytes", as: Int64?.self),
            createdAt: try row.get("created_at", as: Date.self),
            publishedAt: try row.get("published_at", as: Date?.self),
            expiresAt: try row.get("expires_at", as: Date?.self),
            error: try row.get("error", as: String?.self)
        )
    }
}
