package import FoundationEssentials
package import Model
import PostgresClient

/// One incarnation of a worker as the database knows it.
package struct WorkerRecord: Sendable, Hashable {
    package enum State: String, Sendable, Codable {
        case live
        /// Judged dead by a peer; it can never renew.
        case fenced
        case stopped
    }

    package var id: WorkerID
    package var name: String
    package var host: String
    package var pid: Int
    package var version: String
    package var providers: [String]
    package var placement: String?
    /// The providers among them that are bound to that placement.
    package var hostBound: [String]
    package var state: State
    package var startedAt: Date
    /// Age of the newest heartbeat by the database's clock, in milliseconds.
    package var heartbeatAge: Int
    /// The newest heartbeat is still valid.
    package var isValid: Bool
    package var sandboxes: Int
}

/// What a starting worker says of itself.
package struct WorkerRegistration: Sendable {
    package var id: WorkerID
    package var name: String
    package var host: String
    package var pid: Int
    package var version: String
    package var providers: [String]
    package var placement: String?
    /// The providers among them that are bound to that placement.
    package var hostBound: [String]
    /// What they can do: a JSON array, which the store keeps as it is.
    package var descriptors: String
    package var lockKey: Int64

    package init(
        id: WorkerID,
        name: String,
        host: String,
        pid: Int,
        version: String,
        providers: [String],
        placement: String?,
        hostBound: [String],
        descriptors: String = "[]",
        lockKey: Int64
    ) {
        self.id = id
        self.name = name
        self.host = host
        self.pid = pid
        self.version = version
        self.providers = providers
        self.placement = placement
        self.hostBound = hostBound
        self.descriptors = descriptors
        self.lockKey = lockKey
    }
}

extension WorkerRecord {
    init(_ row: PostgresRow) throws {
        self.init(
            id: try row.identifier("id"),
            name: try row.get("name", as: String.self),
            host: try row.get("host", as: String.self),
            pid: try row.get("pid", as: Int.self),
            version: try row.get("version", as: String.self),
            providers: try row.get("providers", as: [String].self),
            placement: try row.get("placement", as: String?.self),
            hostBound: try row.get("host_bound", as: [String].self),
            state: try row.word("state"),
            startedAt: try row.get("started_at", as: Date.self),
            heartbeatAge: try row.get("heartbeat_age", as: Int.self),
            isValid: try row.get("is_valid", as: Bool.self),
            sandboxes: try row.get("sandboxes", as: Int.self)
        )
    }
}
