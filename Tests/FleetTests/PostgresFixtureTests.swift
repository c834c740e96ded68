import FleetTesting
import Testing

@Suite(.timeLimit(.minutes(2)))
struct PostgresFixtureTests {
    @Test func everyTestHasADatabaseOfItsOwn() async throws {
        try await withPostgres { first in
            try await first.sql("create table t (n int)")
            try await withPostgres { second in
                #expect(first.port == second.port && first.database != second.database)
                let seen = try await second.sql("select count(*) from pg_tables where tablename = 't'")
                #expect(seen == "0")
            }
            let kept = try await first.sql("select count(*) from pg_tables where tablename = 't'")
            #expect(kept == "1")
        }
    }
}
