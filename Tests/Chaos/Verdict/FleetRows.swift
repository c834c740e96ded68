import Logging
import PostgresClient

/// What the database says of everything.
struct FleetRows: Sendable {
    struct Box: Sendable {
        var id: String
        var sandbox: String
        var state: String
        var sandboxStatus: String
    }

    struct Archive: Sendable {
        var id: String
        var isPortable: Bool
    }

    private let pool: PostgresPool

    init(url: String) {
        var configuration = PostgresConfiguration(connectionString: url)
        configuration.poolSize = 2
        configuration.applicationName = "chaos"
        pool = PostgresPool(configuration, logger: Logger(label: "chaos") { _ in SwiftLogNoOpLogHandler() })
    }

    func close() async { await pool.shutdown() }

    /// What is still under way, by name; empty when the fleet is at rest.
    func unsettled(workers: Int) async throws -> [String: Int] {
        var found: [String: Int] = [:]
        for (name, sql) in Self.unrest {
            let count: Int = try await number(sql)
            if count > 0 { found[name] = count }
        }
        let live = try await number("select count(*) from workers where state = 'live'")
        if live != workers { found["workers live instead of \(workers)"] = live }
        return found
    }

    /// Boxes that are not deleted.
    func boxes() async throws -> [Box] {
        let rows = try await pool.query(
            """
            select b.id, b.sandbox_id, b.state, s.status from boxes b join sandboxes s on s.id = b.sandbox_id
            where b.state <> 'deleted'
            """
        )
        return try rows.map { Box(id: try $0.get(0), sandbox: try $0.get(1), state: try $0.get(2), sandboxStatus: try $0.get(3)) }
    }

    /// The sandboxes made for each key, deleted ones too.
    func sandboxesByKey() async throws -> [String: [String]] {
        let rows = try await pool.query("select tags ->> 'chaos', id from sandboxes where tags ? 'chaos'")
        var found: [String: [String]] = [:]
        for row in rows { found[try row.get(0), default: []].append(try row.get(1)) }
        return found
    }

    /// Ids of sandboxes that are not deleted, with their status.
    func sandboxes() async throws -> [String: String] {
        let rows = try await pool.query("select id, status from sandboxes where deleted_at is null")
        return Dictionary(try rows.map { (try $0.get(0), try $0.get(1)) }, uniquingKeysWith: { first, _ in first })
    }

    /// Archives that are kept.
    func archives() async throws -> [Archive] {
        let rows = try await pool.query("select id, format from archives where state in ('current', 'previous')")
        return try rows.map { Archive(id: try $0.get(0), isPortable: try $0.get(1) == "portable") }
    }

    /// Everything that is recorded of a sandbox, oldest first.
    func history(_ sandbox: String) async throws -> [String] {
        let rows = try await pool.query(
            """
            select to_char(created_at, 'HH24:MI:SS.MS') || '  ' || kind || ' ' || actor || ' ' || payload::text
            from outbox where sandbox_id = $1 or subject_id = $1 order by id
            """,
            [sandbox]
        )
        return try rows.map { try $0.get(0) }
    }

    private func number(_ sql: String) async throws -> Int {
        guard let row = try await pool.query(sql).first else { return 0 }
        return try row.get(0)
    }

    private static let unrest = [
        "sandboxes creating": "select count(*) from sandboxes where status = 'creating' and deleted_at is null",
        "sandboxes warming or draining":
            "select count(*) from sandboxes where lease_state in ('warming', 'draining')",
        "sandboxes that are not what was asked for":
            """
        select count(*) from sandboxes where deleted_at is null and (intent = 'delete'
            or (intent = 'stop' and (status <> 'shutdown' or lease_state <> 'cold'))
            or (intent = 'pause' and (status <> 'paused' or lease_state <> 'cold')))
        """,
        "sandboxes awake and idle": "select count(*) from sandboxes where idle_timeout_ms is not null and status = 'active'",
        "sandboxes in error": "select count(*) from sandboxes where status = 'error' and deleted_at is null",
        "sandboxes of dead workers":
            "select count(*) from sandboxes s join workers w on w.id = s.owner where w.state <> 'live'",
        "boxes of deleted sandboxes":
            """
        select count(*) from boxes b join sandboxes s on s.id = b.sandbox_id
        where s.deleted_at is not null and b.state <> 'deleted'
        """,
        "boxes intended or superseded": "select count(*) from boxes where state in ('intended', 'superseded')",
        "processes running": "select count(*) from processes where status = 'running'",
        "archives under way or to be deleted":
            "select count(*) from archives where state in ('candidate', 'delete_pending', 'delete_failed')",
        "events not published": "select count(*) from outbox where published_at is null",
    ]
}
