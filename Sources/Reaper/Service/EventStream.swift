import Bus
import Logging
import NATSClient
import ServiceHost

/// The stream that keeps events for consoles, webhooks and audit.
enum EventStream {
    static let name = "EVENTS"

    static func ensure(_ bus: Bus, _ logger: Logger) async throws {
        var pause = Duration.milliseconds(100)
        while true {
            do {
                var configuration = StreamConfiguration(name: name, subjects: [Subject.anyEvent])
                // What is full lets go of its oldest: the outbox keeps the history, and never has to wait for room.
                configuration.maximumBytes = StreamSize.events
                configuration.maximumAge = .seconds(72 * 3600)
                configuration.discard = .old
                _ = try await bus.connection.jetStream().createOrUpdateStream(configuration)
                return
            } catch let error as NATSError {
                // JetStream comes up a moment after the server does.
                logger.debug("event stream not there yet", metadata: .keyed([.error: "\(error)"]))
                guard pause < .seconds(10) else { throw error }
                try await Task.sleep(for: pause)
                pause = pause * 2
            }
        }
    }
}
