package import BoxClient
import BoxProtocol
package import Model
import NIOCore
package import ProviderKit

/// A live box: a connection to its daemon, on this host or through a relay.
package struct DaemonBox: Box {
    /// Tells where a port is reached from outside.
    package typealias PortLookup = @Sendable (_ port: Int) async throws(DriverError) -> PortAddress

    package let envelope: Envelope
    package let isFresh: Bool
    package let endsAt: ContinuousClock.Instant?
    let connection: BoxConnection
    /// The daemon hands over descriptors of files; else their contents travel in the connection.
    let isOnHost: Bool
    private let ports: PortLookup?
    /// The sandbox's own; kept here only, never on disk.
    private let environment: [String: String]

    /// Presents the epoch to the daemon behind a socket of this host and waits for its answer.
    ///
    /// - Parameter timeout: After it the call fails with `timeout`.
    package static func connect(
        socket: String,
        envelope: Envelope,
        isFresh: Bool,
        sandbox: SandboxID,
        epoch: UInt64,
        environment: [String: String],
        loop: BoxLoop,
        timeout: Duration
    ) async throws(DriverError) -> DaemonBox {
        let connection = try await withDeadline(timeout, "the box does not answer") {
            try await BoxConnection.connect(path: socket, epoch: epoch, sandbox: sandbox.rawValue, loop: loop)
        }
        return DaemonBox(
            envelope: envelope,
            isFresh: isFresh,
            endsAt: nil,
            connection: connection,
            isOnHost: true,
            ports: nil,
            environment: environment
        )
    }

    /// Reads the greeting of a relay in the box, presents the epoch to the daemon behind it and waits for its answer.
    ///
    /// The channel belongs to the box from here on, and is closed with it or when this fails.
    ///
    /// - Parameters:
    ///   - isText: The relay was started with `--text`.
    ///   - isFresh: Nil is what the relay says: whether it has started the daemon.
    ///   - endsAt: When the provider ends the box, where it tells.
    ///   - liveness: How long the daemon's silence is believed in while somebody waits; nil is for as long as the channel is open, where
    ///     that finds out by itself.
    ///   - linger: How long what nobody waits for may wait for something to go along with, where each write of the channel costs much.
    ///   - ports: Nil where ports are not reached.
    ///   - timeout: After it the call fails with `timeout`.
    package static func connect(
        over channel: any ByteChannel,
        isText: Bool = false,
        envelope: Envelope,
        isFresh: Bool? = nil,
        endsAt: ContinuousClock.Instant? = nil,
        liveness: BoxLiveness? = nil,
        linger: Duration? = nil,
        sandbox: SandboxID,
        epoch: UInt64,
        environment: [String: String],
        ports: PortLookup? = nil,
        loop: BoxLoop,
        timeout: Duration
    ) async throws(DriverError) -> DaemonBox {
        do throws(DriverError) {
            let (connection, greeting) = try await withDeadline(timeout, "the daemon of the box does not answer") {
                let greeted = try await GreetedChannel.greet(channel)
                let socket = try await ChannelBridge.join(greeted, isText: isText)
                let connection = try await BoxConnection.connect(
                    socket: socket,
                    epoch: epoch,
                    sandbox: sandbox.rawValue,
                    loop: loop,
                    linger: linger
                )
                return (connection, greeted.greeting)
            }
            if let liveness {
                connection.watch(liveness, unless: { await channel.standsStill() }, renew: { await channel.renew() })
            }
            return DaemonBox(
                envelope: envelope,
                isFresh: isFresh ?? greeting.isFresh,
                endsAt: endsAt,
                connection: connection,
                isOnHost: false,
                ports: ports,
                environment: environment
            )
        } catch {
            await channel.close()
            throw error
        }
    }

    package func start(_ command: ProviderKit.BoxCommand) async throws(DriverError) -> any ProviderKit.BoxProcess {
        let client = client(command)
        return DaemonProcess(try await mapped { try await connection.start(client) })
    }

    package func attach(
        _ id: String,
        stdout: UInt64,
        stderr: UInt64
    ) async throws(DriverError) -> any ProviderKit.BoxProcess {
        DaemonProcess(
            try await mapped { try await connection.attach(id: id, stdoutOffset: stdout, stderrOffset: stderr) }
        )
    }

    package func processes() async throws(DriverError) -> [BoxProcessListing] {
        try await mapped { try await connection.processes() }
            .filter(\.isDetached)
            .map { process in
                BoxProcessListing(
                    id: process.id,
                    externalID: process.id,
                    isRunning: process.exit == nil,
                    stdoutStart: process.stdoutStart,
                    stderrStart: process.stderrStart
                )
            }
    }

    package func address(ofPort port: Int) async throws(DriverError) -> PortAddress {
        guard let ports else {
            throw DriverError(.unsupported, "Ports of this sandbox are not reached from outside.")
        }
        return try await ports(port)
    }

    package func waitUntilClosed() async {
        await connection.waitUntilClosed()
    }

    package func detach() async {
        connection.close()
    }

    private func client(_ command: ProviderKit.BoxCommand) -> BoxClient.BoxCommand {
        var client = BoxClient.BoxCommand(id: command.id, arguments: command.arguments)
        client.environment = environment.merging(command.environment) { $1 }
        client.workingDirectory = command.workingDirectory
        client.timeout = command.timeout
        client.terminal = command.terminal.map { BoxClient.BoxCommand.Terminal(rows: $0.rows, columns: $0.columns) }
        client.isDetached = command.isDurable
        client.input =
            switch command.stdin {
            case .none: .none
            case .bytes(let bytes): .bytes(bytes)
            case .open(let bytes): .open(bytes)
            }
        return client
    }
}
