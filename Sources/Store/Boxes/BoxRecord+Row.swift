import FoundationEssentials
import Model
import PostgresClient

extension BoxRecord {
    init(_ row: PostgresRow) throws {
        self.init(
            id: try row.identifier("id"),
            provider: try row.get("provider", as: String.self),
            account: try row.get("account", as: String.self),
            placement: try row.get("placement", as: String?.self),
            externalID: try row.get("external_id", as: String?.self),
            epoch: UInt64(try row.get("epoch", as: Int64.self)),
            state: try row.word("state"),
            callDeadline: try row.get("call_deadline", as: Date.self),
            endsAt: try row.get("ends_at", as: Date?.self)
        )
    }
}
