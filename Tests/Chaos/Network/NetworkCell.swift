import Fleet
import FleetTesting
import Glibc
import NIOCore

/// A network namespace with one cable to the host, which can be cut.
///
/// A process of its own holds it; with that process it is gone, and so is the cable.
final class NetworkCell: Sendable {
    /// The host's end of the cable, as those inside see it.
    let hostAddress: String
    private let link: String
    private let holder: ChildProcess
    private let forwarders: [Forwarder]
    /// Where those inside reach the two servers.
    let natsPort: Int
    let postgresPort: Int

    private init(hostAddress: String, link: String, holder: ChildProcess, nats: Forwarder, postgres: Forwarder) {
        self.hostAddress = hostAddress
        self.link = link
        self.holder = holder
        forwarders = [nats, postgres]
        natsPort = nats.port
        postgresPort = postgres.port
    }

    /// Makes the namespace, and passes connections from it on to two ports of the loopback.
    static func make(natsPort: Int, postgresPort: Int, log: String) async throws -> NetworkCell {
        guard let ip = Executable.find("ip", beside: ["/usr/sbin", "/sbin"]) else {
            throw FixtureError("there is no `ip` (apt-get install iproute2)")
        }
        guard Account.isRoot else { throw FixtureError("network namespaces need root") }
        let holder = try await ChildProcess.spawn(
            ChildSpecification(executable: "/usr/bin/unshare", arguments: ["--net", "/bin/sleep", "infinity"], log: log)
        )
        do {
            try await eventually("the namespace is there") { Self.isApart(holder.pid) }
            let number = Int(holder.pid) % 16_000
            let network = "169.254.\(number / 64)"
            let (inside, outside) = ("\(network).\(number % 64 * 4 + 2)", "\(network).\(number % 64 * 4 + 1)")
            let link = "sfc\(holder.pid)"
            try await Tool.run(
                ip,
                ["link", "add", link, "type", "veth", "peer", "name", "cable", "netns", "\(holder.pid)"]
            )
            try await Tool.run(ip, ["addr", "add", "\(outside)/30", "dev", link])
            try await Tool.run(ip, ["link", "set", link, "up"])
            let enter = ["--net=\(Self.path(holder.pid))", ip]
            for arguments in [
                ["addr", "add", "\(inside)/30", "dev", "cable"], ["link", "set", "cable", "up"], ["link", "set", "lo", "up"],
            ] {
                try await Tool.run("/usr/bin/nsenter", enter + arguments)
            }
            let servers = try [natsPort, postgresPort].map { try SocketAddress(ipAddress: "127.0.0.1", port: $0) }
            return NetworkCell(
                hostAddress: outside,
                link: link,
                holder: holder,
                nats: try await Forwarder.start(on: outside, to: servers[0]),
                postgres: try await Forwarder.start(on: outside, to: servers[1])
            )
        } catch {
            holder.killAll()
            throw error
        }
    }

    /// What a program is started with so that it runs inside.
    var entry: (executable: String, arguments: [String]) { ("/usr/bin/nsenter", ["--net=\(Self.path(holder.pid))"]) }

    /// Pulls the cable out: nothing passes in either direction, and nobody is told.
    func cut() async throws { try await set("down") }

    func heal() async throws { try await set("up") }

    func remove() async {
        for forwarder in forwarders { await forwarder.stop() }
        holder.killAll()
        _ = await holder.exit.wait(for: .seconds(30))
    }

    private func set(_ state: String) async throws {
        // The host's end: inside, routes stay and packets vanish without a word.
        try await Tool.run("/usr/bin/env", ["ip", "link", "set", link, state])
    }

    private static func path(_ pid: Int32) -> String { "/proc/\(pid)/ns/net" }

    private static func isApart(_ pid: Int32) -> Bool {
        var (own, its) = (stat(), stat())
        guard stat("/proc/self/ns/net", &own) == 0, stat(path(pid), &its) == 0 else { return false }
        return own.st_ino != its.st_ino
    }
}
