package import BoxClient
package import Model

/// What boxes on one engine are made of, and how much they may.
package struct DockerConfiguration: Sendable {
    /// How the ports of a box are reached.
    package enum PortAccess: String, Sendable, CaseIterable {
        /// Published on a free port of the engine's loopback address.
        case loopback
        /// By the box's own address on its network, for workers that are on it.
        case network
    }

    package var endpoint: DockerEndpoint
    /// Whose boxes these are.
    package var fleet: FleetID
    /// The static executable that goes along into each box.
    package var daemonPath: String
    /// The image of sandboxes that name none.
    package var image = "debian:12-slim"
    /// The network of boxes that may use one: the engine's name for it.
    package var network = "bridge"
    /// Networks that such boxes are attached to as well.
    package var attachedNetworks: [String] = []
    package var ports = PortAccess.loopback
    /// `user`, `uid` or `uid:gid` of everything in a box; nil is as the image says.
    package var user: String?
    /// Memory of boxes that ask for none, in MiB; nil is unlimited.
    package var memoryMb: Int?
    /// Processors of boxes that ask for none; nil is unlimited.
    package var vcpus: Double?
    /// Processes and threads of each box.
    package var processes = 4_096
    /// What root in a box may do beyond an ordinary user.
    package var capabilities = DockerConfiguration.usualCapabilities
    /// Volumes that every box gets, by the engine's own names.
    package var volumes: [DockerVolume] = []
    /// The engine's name of another runtime: gVisor, Kata; nil is the engine's default.
    package var runtime: String?
    /// For pulls.
    package var registry: RegistryAccount?
    /// How long a pull may stand still.
    package var pullIdleTimeout: Duration = .seconds(120)
    /// How long a box may take to start and answer, once its image is there.
    package var startTimeout: Duration = .seconds(60)

    /// How long the silence of a box is believed in while somebody waits for it.
    package var liveness = BoxLiveness.usual

    package init(endpoint: DockerEndpoint, fleet: FleetID, daemonPath: String) {
        self.endpoint = endpoint
        self.fleet = fleet
        self.daemonPath = daemonPath
    }

    /// What package managers need, and nothing that reaches beyond the box: no raw sockets, no devices, no other roots.
    package static let usualCapabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID"]
}
