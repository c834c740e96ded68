import Testing

@testable import PostgresClient

extension WithPostgres {
    @Suite(.timeLimit(.minutes(2)))
    struct MigratorTests {
        private static let first = Migration(
            number: 1,
            name: "first",
            sql: "CREATE TABLE a (i int); CREATE TABLE b (i int)"
        )
        private static let second = Migration(number: 2, name: "second", sql: "ALTER TABLE a ADD j int")

        private static func code(
            _ configuration: PostgresConfiguration,
            _ migrations: [Migration]
        ) async -> MigrationError.Code? {
            await #expect(throws: MigrationError.self) {
                try await Migrator(configuration, migrations: migrations).migrate()
            }?
            .code
        }

        @Test func appliesWhatIsMissingOnce() async throws {
            let configuration = try await WithPostgres.makeDatabase()
            #expect(try await Migrator(configuration, migrations: [Self.first]).migrate() == [1])
            #expect(try await Migrator(configuration, migrations: [Self.second, Self.first]).migrate() == [2])
            #expect(try await Migrator(configuration, migrations: [Self.first, Self.second]).migrate() == [])
            let connection = try await PostgresConnection.open(configuration)
            #expect(try await connection.query("SELECT j FROM a").isEmpty)
            let rows = try await connection.query("SELECT version, name, checksum FROM schema_migrations ORDER BY 1")
            #expect(try rows.map { try $0.get("name", as: String.self) } == ["first", "second"])
            #expect(try rows[0].get("checksum", as: String.self).count == 64)
            await connection.close()
        }

        @Test func refusesWhatDoesNotFit() async throws {
            let configuration = try await WithPostgres.makeDatabase()
            let third = Migration(number: 3, name: "third", sql: "SELECT 1")
            try await Migrator(configuration, migrations: [Self.first, third]).migrate()
            let edited = Migration(number: 1, name: "first", sql: Self.first.sql + " ")
            #expect(await Self.code(configuration, [edited, third]) == .checksumChanged)
            #expect(await Self.code(configuration, [Self.first]) == .databaseNewer)
            #expect(await Self.code(configuration, [Self.first, Self.second, third]) == .outOfOrder)
            #expect(await Self.code(configuration, [Self.first, Self.first]) == .duplicateNumber)
        }

        @Test func aFailedMigrationLeavesNothingBehind() async throws {
            let configuration = try await WithPostgres.makeDatabase()
            let broken = Migration(number: 2, name: "broken", sql: "CREATE TABLE c (i int); SELECT * FROM absent")
            #expect(await Self.code(configuration, [Self.first, broken]) == .failed)
            let connection = try await PostgresConnection.open(configuration)
            let tables = try await connection.query("SELECT to_regclass('a')::text AS a, to_regclass('c')::text AS c")
            #expect(try tables[0].get("a", as: String?.self) == "a")
            #expect(try tables[0].get("c", as: String?.self) == nil)
            await connection.close()
            #expect(try await Migrator(configuration, migrations: [Self.first, Self.second]).migrate() == [2])
        }

        @Test func manyAtOnceApplyEachMigrationOnce() async throws {
            let configuration = try await WithPostgres.makeDatabase()
            let applied = try await withThrowingTaskGroup(of: [Int].self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        try await Migrator(configuration, migrations: [Self.first, Self.second]).migrate()
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.sorted() == [1, 2])
        }
    }
}
