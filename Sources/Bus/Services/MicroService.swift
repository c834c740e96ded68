package import FoundationEssentials
import Logging
import NATSClient
import NIOCore

/// Makes this process visible to `nats micro ls`: the NATS service protocol, ADR-32, at its three levels.
package final class MicroService: Sendable {
    /// Who answers: a name of letters, digits, `-` and `_`; an id that no other process has; a semantic version.
    package struct Identity: Sendable {
        package var name: String
        package var id: String
        package var version: String
        package var description: String
        package var metadata: [String: String]

        package init(
            name: String,
            id: String,
            version: String,
            description: String,
            metadata: [String: String] = [:]
        ) {
            self.name = name
            self.id = id
            self.version = version
            self.description = description
            self.metadata = metadata
        }
    }

    private let subscriptions: [NATSSubscription]

    package init(_ identity: Identity, endpoints: [EndpointStatistics], bus: Bus, started: Date = Date()) throws {
        let answers: [(String, @Sendable () throws -> Data)] = [
            ("PING", { try MicroAnswer.ping(identity) }),
            ("INFO", { try MicroAnswer.info(identity, endpoints) }),
            ("STATS", { try MicroAnswer.statistics(identity, endpoints, started: started) }),
        ]
        subscriptions = try answers.flatMap { verb, answer in
            try [
                Subject.services(verb),
                Subject.services(verb, name: identity.name),
                Subject.services(verb, name: identity.name, id: identity.id),
            ]
            .map { subject in
                try bus.connection.subscribe(subject: subject, delivery: .latest(1024)) { message in
                    guard let reply = message.reply else { return }
                    do {
                        try bus.connection.publish(subject: reply, payload: ByteBuffer(bytes: try answer()))
                    } catch {
                        bus.logger.debug("service question not answered", metadata: ["error": "\(error)"])
                    }
                }
            }
        }
    }

    package func stop() {
        for subscription in subscriptions { subscription.unsubscribe() }
    }
}
