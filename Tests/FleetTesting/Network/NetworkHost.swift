import Fleet
import Glibc

/// A network namespace with one cable to this machine, which can be cut: another host, as far as its network goes.
///
/// A process of its own holds it; with that process it is gone, and so is the cable.
package final class NetworkHost: Sendable {
    /// This machine's end of the cable, as those inside see it.
    package let hostAddress: String
    /// The address inside.
    package let address: String
    private let link: String
    private let holder: ChildProcess

    private init(hostAddress: String, address: String, link: String, holder: ChildProcess) {
        self.hostAddress = hostAddress
        self.address = address
        self.link = link
        self.holder = holder
    }

    package static func make(log: String) async throws -> NetworkHost {
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
            return NetworkHost(hostAddress: outside, address: inside, link: link, holder: holder)
        } catch {
            holder.killAll()
            throw error
        }
    }

    /// What a program is started with so that it runs inside.
    package var entry: (executable: String, arguments: [String]) {
        ("/usr/bin/nsenter", ["--net=\(Self.path(holder.pid))"])
    }

    /// Sockets inside that somebody outside could begin to talk to, one a line.
    package func listeners() async throws -> String {
        let (executable, arguments) = entry
        return try await Tool.run(executable, arguments + ["/usr/bin/env", "ss", "-Hltun"])
    }

    /// Pulls the cable out: nothing passes in either direction, and nobody is told.
    package func cut() async throws { try await set("down") }

    package func heal() async throws { try await set("up") }

    package func remove() async {
        holder.killAll()
        _ = await holder.exit.wait(for: .seconds(30))
    }

    private func set(_ state: String) async throws {
        // This machine's end: inside, routes stay and packets vanish without a word.
        try await Tool.run("/usr/bin/env", ["ip", "link", "set", link, state])
    }

    private static func path(_ pid: Int32) -> String { "/proc/\(pid)/ns/net" }

    private static func isApart(_ pid: Int32) -> Bool {
        var (own, its) = (stat(), stat())
        guard stat("/proc/self/ns/net", &own) == 0, stat(path(pid), &its) == 0 else { return false }
        return own.st_ino != its.st_ino
    }
}

/// Lends a host of its own network to `body`.
package func withNetworkHost<Result>(_ body: (NetworkHost) async throws -> Result) async throws -> Result {
    try await withTemporaryDirectory { folder in
        let network = try await NetworkHost.make(log: "\(folder)/network.log")
        let outcome: Swift.Result<Result, any Error>
        do {
            outcome = .success(try await body(network))
        } catch {
            outcome = .failure(error)
        }
        await network.remove()
        return try outcome.get()
    }
}
