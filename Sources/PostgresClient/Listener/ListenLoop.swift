import CPostgres
import Logging

/// Connects, listens and reconnects until stopped; blocks the thread it runs on.
final class ListenLoop: Sendable {
    private static let firstDelay: Int32 = 50
    private static let longestDelay: Int32 = 5000

    private let configuration: PostgresConfiguration
    private let channels: [String]
    private let logger: Logger
    private let yield: @Sendable (PostgresListener.Event) -> Void
    private let waiting = SocketWait()

    init(
        configuration: PostgresConfiguration,
        channels: [String],
        logger: Logger,
        yield: @escaping @Sendable (PostgresListener.Event) -> Void
    ) {
        self.configuration = configuration
        self.channels = channels
        self.logger = logger
        self.yield = yield
    }

    func stop() {
        waiting.wake()
    }

    func run() {
        var delay = Self.firstDelay
        while true {
            do throws(PostgresError) {
                let session = try listen()
                delay = Self.firstDelay
                yield(.listening)
                guard receive(from: session) else { return }
                logger.info("the listening connection was lost")
            } catch {
                logger.warning("listening failed", metadata: ["error": "\(error)"])
            }
            if waiting.wait(milliseconds: delay) == .woken { return }
            delay = min(delay * 2, Self.longestDelay)
        }
    }

    private func listen() throws(PostgresError) -> ServerSession {
        let session = try ServerSession(configuration)
        for channel in channels {
            try session.runScript("LISTEN \"\(channel.replacing("\"", with: "\"\""))\"")
        }
        return session
    }

    /// Returns false when stopped, true when the connection was lost.
    private func receive(from session: ServerSession) -> Bool {
        while session.condition != .broken {
            while let notification = PQnotifies(session.connection) {
                yield(
                    .notification(
                        channel: String(cString: notification.pointee.relname),
                        payload: String(cString: notification.pointee.extra)
                    )
                )
                PQfreemem(notification)
            }
            if waiting.wait(session.socket) == .woken { return false }
            session.readPending()
        }
        return true
    }
}
