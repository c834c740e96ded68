import Bus
import CurlTransport
import Logging
import Model
import NATSClient
import NIOConcurrencyHelpers

/// Keeps this run connected: fetches credentials, renews them in time, and starts over when a connection is gone for good.
final class AgentLink: Sendable {
    /// How long to wait when another machine has this agent's key and is online.
    private static let conflictPause = Duration.seconds(30)

    private let identity: AgentIdentity
    private let instance: AgentInstanceID
    private let machine: String
    private let client: GatewayClient
    private let clock: FleetClock
    private let status: AgentStatus
    private let heart: Heart
    private let logger: Logger
    private let receive: @Sendable (NATSMessage, Line) -> Void
    private let sandboxes: @Sendable () -> [SandboxID]
    private let deleted: @Sendable ([SandboxID]) -> Void
    private let line = NIOLockedValueBox<Line?>(nil)
    private let opened = NIOLockedValueBox(0)
    private let isLeaving = NIOLockedValueBox(false)

    /// - Parameters:
    ///   - sandboxes: Those of which this machine has something.
    ///   - deleted: Called with those of them that the fleet has deleted.
    init(
        identity: AgentIdentity,
        instance: AgentInstanceID,
        machine: String,
        clock: FleetClock,
        status: AgentStatus,
        heart: Heart,
        logger: Logger,
        receive: @escaping @Sendable (NATSMessage, Line) -> Void,
        sandboxes: @escaping @Sendable () -> [SandboxID],
        deleted: @escaping @Sendable ([SandboxID]) -> Void
    ) throws(AgentError) {
        self.identity = identity
        self.instance = instance
        self.machine = machine
        client = try GatewayClient(url: identity.gateway)
        self.clock = clock
        self.status = status
        self.heart = heart
        self.logger = logger
        self.receive = receive
        self.sandboxes = sandboxes
        self.deleted = deleted
    }

    /// How many lines there have been.
    var lineCount: Int { opened.withLockedValue { $0 } }

    /// Runs until the task is cancelled.
    ///
    /// - Throws: `AgentError` when going on is of no use.
    func run() async throws {
        var backoff = Backoff()
        while !Task.isCancelled, !isLeaving.withLockedValue({ $0 }) {
            do {
                let session = try await client.session(
                    identity,
                    instance: instance,
                    machine: machine,
                    sandboxes: sandboxes()
                )
                if let time = session.time { clock.set(databaseTime: time) }
                heart.reconnectWindow(is: session.reconnectWindow)
                if !session.deletedSandboxes.isEmpty { deleted(session.deletedSandboxes) }
                let new = try await Line.open(
                    session,
                    seed: identity.key.seed,
                    name: identity.agent.rawValue,
                    logger: logger,
                    receive: receive
                )
                backoff.reset()
                opened.withLockedValue { $0 += 1 }
                try await use(new, session)
            } catch let refusal as GatewayRefusal {
                try await pause(after: refusal, &backoff)
            } catch is CancellationError {
                return
            } catch {
                status.failed("Cannot connect: \(error)")
                reconnecting()
                try await sleep(backoff.delay())
            }
        }
    }

    /// Says goodbye and answers what has come; no line follows.
    func leave() async {
        isLeaving.withLockedValue { $0 = true }
        status.moved(to: .leaving)
        await heart.leave()
        let line = line.withLockedValue { $0 }
        await line?.drain(within: .seconds(5))
    }

    /// Returns when the line needs a successor.
    private func use(_ new: Line, _ session: AgentSession) async throws {
        let former = line.withLockedValue { line in
            defer { line = new }
            return line
        }
        // Whoever leaves has the former line, or finds this one.
        if isLeaving.withLockedValue({ $0 }) { return await new.drain(within: .zero) }
        heart.use(new)
        status.connected(
            to: new.requests.serverInfo.url.withoutUserInfo,
            credentialsEnd: Timestamp.milliseconds + session.lifetime.wholeMilliseconds
        )
        await withTaskGroup(of: Void.self) { group in
            // The former line answers what it still has, while the new one works.
            group.addTask { await former?.drain(within: .seconds(30)) }
            let watch = Signal()
            group.addTask { [status, heart] in
                await new.observe { state in
                    switch state {
                    case .connected:
                        if new.isConnected { status.moved(to: .online) }
                        heart.beatNow()
                    case .disconnected: status.moved(to: .reconnecting)
                    case .draining: break
                    case .closed: watch.raise()
                    }
                }
            }
            // Raised by the first connection that is closed for good.
            await watch.changed(since: 0, within: session.renewAfter)
            group.cancelAll()
        }
    }

    private func pause(after refusal: GatewayRefusal, _ backoff: inout Backoff) async throws {
        switch refusal.code {
        case .agentRevoked:
            throw AgentError(
                .revoked,
                "This agent has been revoked: \(refusal.message)",
                advice: "It stops for good. To come back, remove it with `agent uninstall` and enroll again."
            )
        case .agentNotFound:
            throw AgentError(
                .revoked,
                "The fleet does not know this agent any more: \(refusal.message)",
                advice: "Remove it with `agent uninstall` and enroll again."
            )
        case .agentSuperseded:
            throw AgentError(
                .alreadyRunning,
                "Another run has taken over: \(refusal.message) This one stops for good.",
                advice:
                    "If this machine is a copy of that one, give it an identity of its own: `agent uninstall`, then enroll."
            )
        case .agentConflict:
            status.failed("Another machine runs as this agent: \(refusal.message)")
            status.moved(to: .conflict)
            try await sleep(Self.conflictPause)
        default:
            status.failed("No credentials: \(refusal.message)")
            reconnecting()
            try await sleep(max(backoff.delay(), .seconds(min(refusal.retryAfter ?? 0, 60))))
        }
    }

    /// Still connected with credentials that have not ended is no reason to say otherwise.
    private func reconnecting() {
        let isConnected = line.withLockedValue { $0?.isConnected ?? false }
        if !isConnected, status.presence != .starting { status.moved(to: .reconnecting) }
    }

    private func sleep(_ duration: Duration) async throws { try await Task.sleep(for: duration) }
}

extension Duration {
    fileprivate var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }
}

extension String {
    /// Whatever stands before the host of an address may be a password.
    fileprivate var withoutUserInfo: String {
        guard let at = lastIndex(of: "@"), let slashes = firstRange(of: "://") else { return self }
        return String(self[..<slashes.upperBound] + self[index(after: at)...])
    }
}
