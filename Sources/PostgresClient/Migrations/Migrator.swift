package import Logging

/// Brings a schema up to what the program knows, never down.
///
/// Any number of processes may try at once: an advisory lock lets one at a time pass.
package struct Migrator: Sendable {
    /// An arbitrary constant; the lock is per database.
    static let lockKey: Int64 = 0x6D69_6772_6174_65

    private let configuration: PostgresConfiguration
    private let migrations: [Migration]
    private let logger: Logger

    package init(
        _ configuration: PostgresConfiguration,
        migrations: [Migration],
        logger: Logger = Logger(label: "postgres.migrator")
    ) {
        var configuration = configuration
        // A migration takes the time it takes, and so does waiting for another process.
        configuration.statementTimeout = nil
        self.configuration = configuration
        self.migrations = migrations.sorted { $0.number < $1.number }
        self.logger = logger
    }

    /// Applies what is missing and gives the numbers of what it applied.
    ///
    /// - Throws: `MigrationError` when it refuses, `PostgresError` when the database cannot be reached.
    @discardableResult
    package func migrate() async throws -> [Int] {
        for (one, next) in zip(migrations, migrations.dropFirst()) where one.number == next.number {
            throw MigrationError(.duplicateNumber, one.number, "\(one.name) and \(next.name) have the same number")
        }
        let connection = try await PostgresConnection.open(configuration)
        do {
            let applied = try await migrate(over: connection)
            await connection.close()
            return applied
        } catch {
            // Frees the lock as well.
            await connection.close()
            throw error
        }
    }

    private func migrate(over connection: PostgresConnection) async throws -> [Int] {
        _ = try await connection.query("SELECT pg_advisory_lock($1)", [Self.lockKey])
        try await connection.executeScript(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
                version bigint PRIMARY KEY,
                name text NOT NULL,
                checksum text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """
        )
        var applied: [Int] = []
        for migration in try await pending(over: connection) {
            try await apply(migration, over: connection)
            applied.append(migration.number)
            logger.info("migration applied", metadata: ["migration": "\(migration.number) \(migration.name)"])
        }
        _ = try await connection.query("SELECT pg_advisory_unlock($1)", [Self.lockKey])
        return applied
    }

    /// What is not applied yet, provided that all that is applied is known and unchanged.
    private func pending(over connection: PostgresConnection) async throws -> [Migration] {
        var checksums: [Int: String] = [:]
        for row in try await connection.query("SELECT version, checksum FROM schema_migrations ORDER BY version") {
            checksums[try row.get("version")] = try row.get("checksum", as: String.self)
        }
        let known = Set(migrations.map(\.number))
        if let unknown = checksums.keys.filter({ !known.contains($0) }).max() {
            throw MigrationError(.databaseNewer, unknown, "the database has a migration this program does not know")
        }
        let last = checksums.keys.max() ?? Int.min
        var pending: [Migration] = []
        for migration in migrations {
            guard let checksum = checksums[migration.number] else {
                guard migration.number > last else {
                    throw MigrationError(.outOfOrder, migration.number, "migration \(last) is already applied")
                }
                pending.append(migration)
                continue
            }
            guard try await Self.checksum(of: migration, over: connection) == checksum else {
                throw MigrationError(.checksumChanged, migration.number, "\(migration.name) is not what was applied")
            }
        }
        return pending
    }

    private func apply(_ migration: Migration, over connection: PostgresConnection) async throws {
        let checksum = try await Self.checksum(of: migration, over: connection)
        do {
            try await connection.withTransaction {
                try await connection.executeScript(migration.sql)
                try await connection.execute(
                    "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
                    [migration.number, migration.name, checksum]
                )
            }
        } catch let error as PostgresError {
            throw MigrationError(.failed, migration.number, migration.name, cause: error)
        }
    }

    /// SHA-256 in hex, computed by the server.
    private static func checksum(of migration: Migration, over connection: PostgresConnection) async throws -> String {
        let rows = try await connection.query(
            "SELECT encode(sha256($1), 'hex') AS checksum",
            [Array(migration.sql.utf8)]
        )
        return try rows[0].get("checksum")
    }
}
