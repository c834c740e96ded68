package import Logging
package import Model
package import PostgresClient

extension Store {
    /// All migrations, in order; the SQL is compiled in.
    static let migrations = [
        Migration(number: 1, name: "fleet", sql: String(decoding: PackageResources.m0001_fleet_sql, as: UTF8.self)),
        Migration(
            number: 2,
            name: "processes",
            sql: String(decoding: PackageResources.m0002_processes_sql, as: UTF8.self)
        ),
        Migration(
            number: 3,
            name: "archives",
            sql: String(decoding: PackageResources.m0003_archives_sql, as: UTF8.self)
        ),
        Migration(number: 4, name: "agents", sql: String(decoding: PackageResources.m0004_agents_sql, as: UTF8.self)),
        Migration(
            number: 5,
            name: "archive_retention",
            sql: String(decoding: PackageResources.m0005_archive_retention_sql, as: UTF8.self)
        ),
        Migration(
            number: 6,
            name: "box_reasons",
            sql: String(decoding: PackageResources.m0006_box_reasons_sql, as: UTF8.self)
        ),
        Migration(
            number: 7,
            name: "publish_archive",
            sql: String(decoding: PackageResources.m0007_publish_archive_sql, as: UTF8.self)
        ),
        Migration(
            number: 8,
            name: "worker_bindings",
            sql: String(decoding: PackageResources.m0008_worker_bindings_sql, as: UTF8.self)
        ),
        Migration(
            number: 9,
            name: "unresolved_boxes",
            sql: String(decoding: PackageResources.m0009_unresolved_boxes_sql, as: UTF8.self)
        ),
        Migration(
            number: 10,
            name: "warm_boxes",
            sql: String(decoding: PackageResources.m0010_warm_boxes_sql, as: UTF8.self)
        ),
        Migration(
            number: 11,
            name: "intend_restore",
            sql: String(decoding: PackageResources.m0011_intend_restore_sql, as: UTF8.self)
        ),
        Migration(
            number: 12,
            name: "worker_descriptors",
            sql: String(decoding: PackageResources.m0012_worker_descriptors_sql, as: UTF8.self)
        ),
        Migration(
            number: 13,
            name: "unresolved_turns",
            sql: String(decoding: PackageResources.m0013_unresolved_turns_sql, as: UTF8.self)
        ),
        Migration(
            number: 14,
            name: "former_agent_runs",
            sql: String(decoding: PackageResources.m0014_former_agent_runs_sql, as: UTF8.self)
        ),
        Migration(
            number: 15,
            name: "begin_restore",
            sql: String(decoding: PackageResources.m0015_begin_restore_sql, as: UTF8.self)
        ),
        Migration(
            number: 16,
            name: "sandboxes_by_status",
            sql: String(decoding: PackageResources.m0016_sandboxes_by_status_sql, as: UTF8.self)
        ),
    ]

    /// Brings the database to this code's schema and binds it to a fleet.
    ///
    /// - Throws: `StoreError` when the database belongs to another fleet: its boxes are not ours to judge.
    package static func migrate(_ configuration: PostgresConfiguration, fleet: FleetID, logger: Logger) async throws {
        try await StoreError.translating(within: .seconds(600)) {
            do {
                try await Migrator(configuration, migrations: migrations, logger: logger).migrate()
            } catch let error as MigrationError {
                throw StoreError(.internal, error.description)
            }
            let connection = try await PostgresConnection.open(configuration)
            let rows: PostgresRows
            do {
                // Two statements: the second sees what another process committed while the first waited for it.
                _ = try await connection.query(
                    "insert into fleet (id) values ($1) on conflict do nothing",
                    [fleet.rawValue]
                )
                rows = try await connection.query("select id from fleet")
                await connection.close()
            } catch {
                await connection.close()
                throw error
            }
            guard let known = try rows.first?.get("id", as: String.self), known == fleet.rawValue else {
                throw StoreError(.internal, "this database belongs to another fleet")
            }
        }
    }
}
