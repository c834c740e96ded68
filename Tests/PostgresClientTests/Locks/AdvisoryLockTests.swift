import Testing

@testable import PostgresClient

extension WithPostgres {
    @Suite(.timeLimit(.minutes(2)))
    struct AdvisoryLockTests {
        @Test func isHeldByOneUntilReleased() async throws {
            let configuration = try await WithPostgres.makeDatabase()
            let lock = try await AdvisoryLock.acquire(7, configuration)
            #expect(lock.isHeld)
            #expect(try await AdvisoryLock.tryAcquire(7, configuration) == nil)
            #expect(try await AdvisoryLock.tryAcquire(8, configuration) != nil)
            let next = Task { try await AdvisoryLock.acquire(7, configuration) }
            try await StatementTests.untilRunning("pg_advisory_lock(7)", configuration)
            await lock.release()
            #expect(!lock.isHeld)
            let successor = try await next.value
            #expect(successor.isHeld)
        }

        @Test func endsWithItsObject() async throws {
            let configuration = try await WithPostgres.makeDatabase()
            do {
                let first = try await AdvisoryLock.acquire(7, configuration)
                #expect(try await AdvisoryLock.tryAcquire(7, configuration) == nil)
                withExtendedLifetime(first) {}
            }
            // Waits for the first holder to be gone.
            let lock = try await AdvisoryLock.acquire(7, configuration)
            #expect(lock.isHeld)
            await lock.release()
        }

        @Test func aCancelledAcquireLeavesNobodyInTheQueue() async throws {
            let configuration = try await WithPostgres.makeDatabase()
            let lock = try await AdvisoryLock.acquire(7, configuration)
            let waiter = Task { try await AdvisoryLock.acquire(7, configuration) }
            try await StatementTests.untilRunning("pg_advisory_lock(7)", configuration)
            waiter.cancel()
            await #expect(throws: CancellationError.self) { try await waiter.value }
            let observer = try await PostgresConnection.open(configuration)
            try await WithPostgres.until {
                try await observer.query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").isEmpty
            }
            await observer.close()
            await lock.release()
        }

        @Test func tellsWhenItsConnectionIsLost() async throws {
            let configuration = try await WithPostgres.makeDatabase()
            let lock = try await AdvisoryLock.acquire(7, configuration)
            let observer = try await PostgresConnection.open(configuration)
            _ = try await observer.query(
                """
                SELECT pg_terminate_backend(pid) FROM pg_locks
                WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                """
            )
            try await lock.waitUntilLost()
            #expect(!lock.isHeld)
            await observer.close()
        }
    }
}
