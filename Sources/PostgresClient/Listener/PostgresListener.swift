import Dispatch
package import Logging

/// Listens on channels over a connection of its own, which is made anew whenever it is lost.
///
/// A notification is a hint to look at the tables: what was sent while there was no connection is lost, and a
/// consumer that falls behind loses the oldest.
package struct PostgresListener: Sendable {
    package enum Event: Sendable, Hashable {
        /// LISTEN is in effect, at first or again; anything may have happened before.
        case listening
        case notification(channel: String, payload: String)
    }

    /// How many unread events are kept.
    package static let bufferLimit = 1024

    private let configuration: PostgresConfiguration
    private let channels: [String]
    private let logger: Logger

    package init(
        _ configuration: PostgresConfiguration,
        channels: [String],
        logger: Logger = Logger(label: "postgres.listener")
    ) {
        self.configuration = configuration
        self.channels = channels
        self.logger = logger
    }

    /// Each call opens a connection, closed when the iteration ends or its task is cancelled.
    package func events() -> AsyncStream<Event> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: Event.self,
            bufferingPolicy: .bufferingNewest(Self.bufferLimit)
        )
        let loop = ListenLoop(configuration: configuration, channels: channels, logger: logger) { event in
            _ = continuation.yield(event)
        }
        continuation.onTermination = { _ in loop.stop() }
        // A thread of its own, since it blocks on the socket.
        DispatchQueue(label: "postgres.listener").async { loop.run() }
        return stream
    }
}
