package import FoundationEssentials
package import Model
import PostgresClient

/// One attempt to have a box, written before the provider was called (rule 9).
package struct BoxRecord: Sendable, Hashable {
    package enum State: String, Sendable, Codable {
        /// The call may have been made, and may have succeeded.
        case intended
        case live
        case stopped
        /// A later owner's decision stands against it; it is to be deleted.
        case superseded
        case deleted
    }

    package var id: BoxID
    package var provider: String
    package var account: String
    package var placement: String?
    package var externalID: String?
    package var epoch: UInt64
    package var state: State
    /// Before this a create that was not answered may still succeed.
    package var callDeadline: Date

    init(_ row: PostgresRow) throws {
        id = try row.identifier("id")
        provider = try row.get("provider", as: String.self)
        account = try row.get("account", as: String.self)
        placement = try row.get("placement", as: String?.self)
        externalID = try row.get("external_id", as: String?.self)
        epoch = UInt64(try row.get("epoch", as: Int64.self))
        state = try row.word("state")
        callDeadline = try row.get("call_deadline", as: Date.self)
    }
}
