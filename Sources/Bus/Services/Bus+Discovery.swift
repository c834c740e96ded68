import FoundationEssentials
import NATSClient
import NIOConcurrencyHelpers
import NIOCore

/// A service of the fleet that answered.
package struct DiscoveredService: Sendable, Hashable {
    package var name: String
    package var id: String
    package var version: String
    package var metadata: [String: String]
    /// When it started, ISO 8601, by its own word.
    package var startedAt: String?
}

extension Bus {
    /// Asks all services of the fleet who they are.
    ///
    /// - Parameter patience: How long to listen; nobody knows how many there are.
    package func discoverServices(within patience: Duration = .milliseconds(300)) async throws -> [DiscoveredService] {
        struct Answer: Decodable {
            var name: String
            var id: String
            var version: String
            var metadata: [String: String]?
            var started: String?
        }
        let found = NIOLockedValueBox<[DiscoveredService]>([])
        let inbox = connection.newInbox()
        let subscription = try connection.subscribe(subject: inbox, delivery: .latest(4096)) { message in
            // Whoever answers otherwise is no service of ours.
            guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(message.payload.readableBytesView))
            else {
                return
            }
            found.withLockedValue {
                $0.append(
                    DiscoveredService(
                        name: answer.name,
                        id: answer.id,
                        version: answer.version,
                        metadata: answer.metadata ?? [:],
                        startedAt: answer.started
                    )
                )
            }
        }
        defer { subscription.unsubscribe() }
        do {
            try connection.publish(subject: Subject.services("STATS"), reply: inbox)
        } catch let error as NATSError {
            throw BusError(error)
        }
        try await Task.sleep(for: patience)
        return found.withLockedValue { $0 }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
    }
}
