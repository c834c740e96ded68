import Crypto
import FleetTesting
import Foundation
import Logging
import Model
import PostgresClient
import ServiceHost
import Store
import Testing

/// What the reaper costs grows with what is due, not with what there is: `Benchmarks/harness/rows` measures it in a large fleet.
struct PlanTests {
    private static let fill = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../Benchmarks/harness/rows/fill.sql")

    /// Of psql, which the script is written for.
    private static let variables = [
        ("'workspace'", "'w'"), ("'spec'", "'{}'"), ("'envelope'", "'{}'"), ("first", "1"), ("rows", "20000"), ("every", "1000"),
    ]

    @Test func noClaimReadsAWholeTable() async throws {
        try await withPostgres { postgres in
            let logger = Logger(label: "test")
            let configuration = PostgresConfiguration(connectionString: postgres.url)
            try await Store.migrate(configuration, fleet: .now(), logger: logger)
            var script = try String(contentsOf: Self.fill, encoding: .utf8)
            for (name, value) in Self.variables { script = script.replacing(":\(name)", with: value) }
            try await postgres.sql(script)
            try await postgres.sql("vacuum analyze")
            let before = try await scans(postgres)
            let pool = PostgresPool(configuration, logger: logger)
            let sealer = try EnvironmentSealer(key: SymmetricKey(size: .bits256))
            do {
                try await claimEverything(Store(pool: pool, sealer: sealer, logger: logger))
            } catch {
                await pool.shutdown()
                throw error
            }
            await pool.shutdown()
            // What a connection counted is told when it ends.
            try await eventually("the connections have ended") {
                try await postgres
                    .sql(
                        """
                        select count(*) from pg_stat_activity where datname = current_database()
                            and backend_type = 'client backend' and pid <> pg_backend_pid()
                        """
                    )
                    .filter { !$0.isWhitespace } == "0"
            }
            let after = try await scans(postgres)
            #expect(after == before)
        }
    }

    private func claimEverything(_ store: Store) async throws {
        #expect(try await store.claimExpired(limit: 64, actor: "reaper").isEmpty)
        #expect(try await store.claimIdle(limit: 64).isEmpty)
        #expect(try await store.claimUnsettled(limit: 64).isEmpty)
        #expect(try await store.claimUnresolved(limit: 64).isEmpty)
        #expect(try await store.claimOrphaned(limit: 64).isEmpty)
        #expect(try await store.claimUnattended(limit: 64).isEmpty)
        #expect(try await store.claimEnding(limit: 64).isEmpty)
        #expect(try await store.claimExpiredCheckpoints(limit: 256, actor: "reaper").isEmpty)
        #expect(try await store.claimForsakenForks(olderThanMinutes: 60, limit: 256, actor: "reaper").isEmpty)
        #expect(try await store.claimForsakenCandidates(limit: 256, actor: "reaper").isEmpty)
        #expect(try await store.claimDeletableArchives(limit: 64).isEmpty)
        #expect(try await store.forgetDeletedArchives(olderThanHours: 720, limit: 1000) == 0)
        #expect(try await store.forgetPublishedEvents(olderThanHours: 720, limit: 1000) == 0)
        #expect(try await store.claimExpiredProcesses(olderThanHours: 720, limit: 256).isEmpty)
    }

    private func scans(_ postgres: PostgresFixture) async throws -> String {
        try await postgres.sql(
            """
            select relname, seq_scan from pg_stat_user_tables
            where relname in ('sandboxes', 'boxes', 'archives', 'processes', 'outbox') order by relname
            """
        )
    }
}
