/// What a user decides about an embedded fleet.
package struct FleetConfiguration: Sendable {
    package var data: String
    package var listen: ListenAddress
    /// Gateways beyond the first listen on ports of their own choice.
    package var gateways: Int
    package var workers: Int
    package var reapers: Int
    /// What boxes lie on, where the data directory is not on btrfs.
    package var boxDisk: BoxDiskSize
    /// The folder of the services' executables; nil for the one that this program lies in.
    package var executables: String?
    package var roles: [NATSRole]
    /// Where agents reach the bus; nil keeps it to this machine.
    package var agents: ListenAddress?

    package static let standardListen = ListenAddress(host: "127.0.0.1", port: 7070)

    package init(
        data: String,
        listen: ListenAddress = Self.standardListen,
        gateways: Int = 1,
        workers: Int = 1,
        reapers: Int = 1,
        boxDisk: BoxDiskSize = .share,
        executables: String? = nil,
        roles: [NATSRole] = NATSRole.embedded,
        agents: ListenAddress? = nil
    ) {
        self.data = data
        self.listen = listen
        self.gateways = gateways
        self.workers = workers
        self.reapers = reapers
        self.boxDisk = boxDisk
        self.executables = executables
        self.roles = roles
        self.agents = agents
    }
}
