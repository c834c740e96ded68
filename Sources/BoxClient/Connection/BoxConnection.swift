import BoxProtocol
import CLinux
package import ExecutionEngine
import Glibc

/// A connection to the daemon of one box, under one epoch.
///
/// Processes that were started without being detached, and files that were not committed, end with it.
package final class BoxConnection: Sendable {
    /// How long a full backlog is waited for.
    private static let connectPatience: Duration = .seconds(5)

    let channel: BoxChannel

    private init(_ channel: BoxChannel) {
        self.channel = channel
    }

    deinit {
        channel.close(BoxError(.connectionClosed))
    }

    /// Connects to a box's socket and presents the epoch, which makes every lower one stale.
    package static func connect(
        path: String,
        epoch: UInt64,
        sandbox: String,
        loop: BoxLoop
    ) async throws -> BoxConnection {
        let deadline = ContinuousClock.now + connectPatience
        let socket: Descriptor
        while true {
            do throws(SystemError) {
                socket = try Descriptor(owning: linux_connect(path))
                break
            } catch {
                guard error.code == EAGAIN, ContinuousClock.now < deadline else {
                    throw BoxError(.unreachable, errno: error.code)
                }
            }
            try await Task.sleep(for: .milliseconds(2))
        }
        return try await connect(socket: socket, epoch: epoch, sandbox: sandbox, loop: loop)
    }

    /// Presents the epoch on a socket that is connected already.
    ///
    /// - Parameter linger: How long frames that nobody waits for may wait for others to go along with.
    package static func connect(
        socket: Descriptor,
        epoch: UInt64,
        sandbox: String,
        loop: BoxLoop,
        linger: Duration? = nil
    ) async throws -> BoxConnection {
        let connection = BoxConnection(BoxChannel(socket, loop: loop, linger: linger))
        let reply = try await connection.channel.request(.hello, HelloMessage(epoch: epoch, sandbox: sandbox))
        guard case .welcome = reply else { throw connection.violation() }
        return connection
    }

    package var isClosed: Bool { channel.isClosed }

    package func close() {
        channel.close(BoxError(.connectionClosed))
    }

    /// Returns when the box or somebody here has closed the connection, or the task is cancelled.
    package func waitUntilClosed() async {
        await channel.waitUntilClosed()
    }

    /// Returns when the daemon has answered.
    package func ping() async throws {
        try await perform(.ping, EmptyMessage())
    }

    /// Closes the connection when somebody waits for it and the daemon does not answer any more.
    ///
    /// - Parameters:
    ///   - isExpected: Whether the box is known to stand still, so that its silence proves nothing.
    ///   - renew: Makes the way to the daemon anew where that can be done without losing anything; called before giving up.
    package func watch(
        _ liveness: BoxLiveness,
        unless isExpected: @escaping @Sendable () async -> Bool,
        renew: @escaping @Sendable () async -> Void
    ) {
        let watch = BoxLivenessWatch(channel: channel, liveness: liveness, isExpected: isExpected, renew: renew)
        // Ends with the channel, which ends with this connection.
        Task { await watch.run() }
    }

    /// Ends everything that the daemon has started, whoever follows it, and then the daemon.
    ///
    /// Returns when nothing of it lives.
    package func shutDown(grace: Duration = .zero) async throws {
        try await perform(.shutDown, ShutDownMessage(graceMilliseconds: grace.wholeMilliseconds))
    }

    /// A request whose answer says only that it was done.
    func perform(_ type: FrameType, _ message: some FrameMessage) async throws {
        guard case .done = try await channel.request(type, message) else { throw violation() }
    }

    /// The box has answered something that was not asked for.
    func violation() -> BoxError {
        let error = BoxError(.protocolViolation)
        channel.close(error)
        return error
    }
}
