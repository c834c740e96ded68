import FleetTesting
import NIOCore

/// A host of its own network, from which two servers of the loopback are reached over a cable that can be cut.
final class NetworkCell: Sendable {
    private let network: NetworkHost
    private let forwarders: [Forwarder]
    /// Where those inside reach the two servers.
    let natsPort: Int
    let postgresPort: Int

    private init(_ network: NetworkHost, nats: Forwarder, postgres: Forwarder) {
        self.network = network
        forwarders = [nats, postgres]
        natsPort = nats.port
        postgresPort = postgres.port
    }

    /// Makes the host, and passes connections from it on to two ports of the loopback.
    static func make(natsPort: Int, postgresPort: Int, log: String) async throws -> NetworkCell {
        let network = try await NetworkHost.make(log: log)
        do {
            let servers = try [natsPort, postgresPort].map { try SocketAddress(ipAddress: "127.0.0.1", port: $0) }
            return NetworkCell(
                network,
                nats: try await Forwarder.start(on: network.hostAddress, to: servers[0]),
                postgres: try await Forwarder.start(on: network.hostAddress, to: servers[1])
            )
        } catch {
            await network.remove()
            throw error
        }
    }

    /// This machine's end of the cable, as those inside see it.
    var hostAddress: String { network.hostAddress }

    /// What a program is started with so that it runs inside.
    var entry: (executable: String, arguments: [String]) { network.entry }

    /// Pulls the cable out: nothing passes in either direction, and nobody is told.
    func cut() async throws { try await network.cut() }

    func heal() async throws { try await network.heal() }

    func remove() async {
        for forwarder in forwarders { await forwarder.stop() }
        await network.remove()
    }
}
