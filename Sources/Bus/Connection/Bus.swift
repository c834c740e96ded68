package import Logging
package import NATSClient

/// This process's place on the bus: one connection for questions and answers, one for bulk bytes (rule 21).
package final class Bus: Sendable {
    package let connection: NATSConnection
    package let bulk: NATSConnection
    package let clock: FleetClock
    package let logger: Logger

    private init(connection: NATSConnection, bulk: NATSConnection, clock: FleetClock, logger: Logger) {
        self.connection = connection
        self.bulk = bulk
        self.clock = clock
        self.logger = logger
    }

    /// - Parameters:
    ///   - name: Shown by the server, as in `worker/local/host`.
    ///   - instance: Unique among the connections of the role; names the inboxes.
    package static func connect(
        _ configuration: BusConfiguration,
        role: BusRole,
        name: String,
        instance: String,
        clock: FleetClock,
        logger: Logger
    ) async throws -> Bus {
        var options = NATSOptions(
            urls: configuration.urls,
            name: name,
            credentials: configuration.credentials
        )
        options.inboxPrefix = Subject.inbox(role: role.name, id: instance)
        let connection = try await NATSConnection.connect(options, logger: logger)
        options.name = "\(name)/bulk"
        do {
            let bulk = try await NATSConnection.connect(options, logger: logger)
            return Bus(connection: connection, bulk: bulk, clock: clock, logger: logger)
        } catch {
            await connection.close()
            throw error
        }
    }

    package var isConnected: Bool { connection.connectedSince != nil && bulk.connectedSince != nil }

    /// Returns once the server knows of every subscription that was made before.
    ///
    /// - Throws: `BusError.disconnected`: nobody may rely on being heard.
    package func confirmSubscriptions() async throws {
        do {
            try await connection.roundTrip(timeout: .seconds(5))
        } catch is NATSError {
            throw BusError.disconnected
        }
    }

    /// The server answers on both connections; used by readiness.
    package func ping(within timeout: Duration = .seconds(1)) async throws {
        do {
            try await connection.flush(timeout: timeout)
            try await bulk.flush(timeout: timeout)
        } catch let error as NATSError {
            throw BusError(error)
        }
    }

    /// Lets everything that arrived be handled and everything written be sent, then closes.
    package func drain() async {
        await connection.drain(timeout: .seconds(10))
        await bulk.drain(timeout: .seconds(5))
    }
}
