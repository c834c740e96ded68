import Dispatch
import Logging
import NATSClient
import NIOConcurrencyHelpers
import NIOCore

/// The two connections of one set of credentials.
///
/// Beats have one of their own: on a slow line a quarter of a megabyte of output must not stand between them and the server.
final class Line: Sendable {
    let requests: NATSConnection
    private let beats: NATSConnection
    private let beatSubject: String
    private let subscription = NIOLockedValueBox<NATSSubscription?>(nil)
    /// Requests that came over this line and have no answer yet.
    private let open = NIOLockedValueBox(0)
    private let settled = Signal()
    /// Publishing may block until the write deadline.
    private let writes = DispatchQueue(label: "agent.beats")

    init(requests: NATSConnection, beats: NATSConnection, beatSubject: String) {
        self.requests = requests
        self.beats = beats
        self.beatSubject = beatSubject
    }

    /// Returns once the server hands requests on.
    static func open(
        _ session: AgentSession,
        seed: String,
        name: String,
        logger: Logger,
        receive: @escaping @Sendable (NATSMessage, Line) -> Void
    ) async throws -> Line {
        for url in session.natsURLs { try Encryption.require(of: url, scheme: "tls") }
        var options = NATSOptions(
            urls: session.natsURLs,
            name: "agent/\(name)",
            credentials: .jwt(session.jwt, seed: seed)
        )
        options.inboxPrefix = session.inboxPrefix
        options.connectTimeout = .seconds(5)
        options.trustedCertificatesFile = Environment.value("SANDFLEET_AGENT_CA_FILE")
        let requests = try await NATSConnection.connect(options, logger: logger)
        options.name = "agent/\(name)/beats"
        var beats: NATSConnection?
        do {
            let opened = try await NATSConnection.connect(options, logger: logger)
            beats = opened
            let line = Line(requests: requests, beats: opened, beatSubject: session.beatSubject)
            let subscription = try requests.subscribe(subject: session.subject) { [weak line] message in
                if let line { receive(message, line) }
            }
            line.subscription.withLockedValue { $0 = subscription }
            try await requests.flush()
            return line
        } catch {
            await beats?.close()
            await requests.close()
            throw error
        }
    }

    var isConnected: Bool { requests.connectedSince != nil && beats.connectedSince != nil }

    /// Hands a beat to the socket; returns whether it could.
    func beat(_ bytes: [UInt8]) async -> Bool {
        await withCheckedContinuation { continuation in
            writes.async { [self] in
                let isSent = (try? beats.publish(subject: beatSubject, payload: ByteBuffer(bytes: bytes))) != nil
                continuation.resume(returning: isSent)
            }
        }
    }

    /// Calls back at each change of either connection.
    func observe(_ changed: @escaping @Sendable (NATSConnectionState) -> Void) async {
        await withTaskGroup(of: Void.self) { group in
            for connection in [requests, beats] {
                group.addTask {
                    for await state in connection.stateChanges { changed(state) }
                }
            }
        }
    }

    /// A request has come over this line, and its answer has to go over it too.
    func requestBegan() { open.withLockedValue { $0 += 1 } }

    func requestEnded() {
        open.withLockedValue { $0 -= 1 }
        settled.raise()
    }

    /// Takes no more requests, answers those that have come for at most so long, and closes.
    func drain(within limit: Duration) async {
        await subscription.withLockedValue { $0.take() }?.drain(timeout: .seconds(5))
        let deadline = ContinuousClock.now + limit
        while !Task.isCancelled {
            let seen = settled.version
            let left = deadline - .now
            guard open.withLockedValue({ $0 > 0 }), left > .zero, requests.state != .closed else { break }
            await settled.changed(since: seen, within: left)
        }
        await requests.drain(timeout: .seconds(5))
        await beats.drain(timeout: .seconds(5))
    }

    /// The server has everything that was written to it.
    func flushBeats() async { try? await beats.flush(timeout: .seconds(2)) }
}
