import Testing

@testable import PostgresClient

extension WithPostgres {
    @Suite(.timeLimit(.minutes(2)))
    struct PostgresListenerTests {
        @Test func hearsNotificationsAndListensAgainAfterALoss() async throws {
            try await WithPostgres.withPool { pool in
                let listener = PostgresListener(pool.configuration, channels: ["jobs", #"odd "name""#])
                var events = listener.events().makeAsyncIterator()
                #expect(await events.next() == .listening)
                _ = try await pool.query("SELECT pg_notify('jobs', $1)", ["one"])
                _ = try await pool.query("SELECT pg_notify($1, 'two')", [#"odd "name""#])
                #expect(await events.next() == .notification(channel: "jobs", payload: "one"))
                #expect(await events.next() == .notification(channel: #"odd "name""#, payload: "two"))
                _ = try await pool.query(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
                )
                #expect(await events.next() == .listening)
                _ = try await pool.query("SELECT pg_notify('jobs', 'three')")
                #expect(await events.next() == .notification(channel: "jobs", payload: "three"))
            }
        }

        @Test func closesItsConnectionWhenNobodyListens() async throws {
            try await WithPostgres.withPool { pool in
                let ready = AsyncStream.makeStream(of: Void.self)
                let task = Task {
                    for await _ in PostgresListener(pool.configuration, channels: ["c"]).events() {
                        ready.continuation.yield()
                    }
                }
                for await _ in ready.stream { break }
                let listeners = {
                    try await pool.query(
                        """
                        SELECT 1 FROM pg_stat_activity
                        WHERE query LIKE 'LISTEN%' AND datname = current_database()
                        """
                    )
                    .count
                }
                try await WithPostgres.until { try await listeners() == 1 }
                task.cancel()
                await task.value
                try await WithPostgres.until { try await listeners() == 0 }
                // Nobody listens again by itself.
                #expect(try await listeners() == 0)
            }
        }
    }
}
