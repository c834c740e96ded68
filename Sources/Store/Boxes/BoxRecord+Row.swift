import FoundationEssentials
import Model
import PostgresClient

extension BoxRecord {
    /// - Parameter prefix: Of the columns, where they stand beside others.
    init(_ row: PostgresRow, prefix: String = "") throws {
        self.init(
            id: try row.identifier("\(prefix)id"),
            provider: try row.get("\(prefix)provider", as: String.self),
            account: try row.get("\(prefix)account", as: String.self),
            placement: try row.get("\(prefix)placement", as: String?.self),
            externalID: try row.get("\(prefix)external_id", as: String?.self),
            epoch: UInt64(try row.get("\(prefix)epoch", as: Int64.self)),
            state: try row.word("\(prefix)state"),
            callDeadline: try row.get("\(prefix)call_deadline", as: Date.self),
            endsAt: try row.get("\(prefix)ends_at", as: Date?.self)
        )
    }
}
