package import Model

/// What every box carries wherever the provider lets us: whose it is, and by which acquisition it was made.
package struct BoxTag: Sendable, Hashable, Codable {
    package var fleet: FleetID
    package var sandbox: SandboxID
    /// Our own id of this attempt; names the box where names are ours to choose.
    package var box: BoxID
    package var epoch: UInt64

    package init(fleet: FleetID, sandbox: SandboxID, box: BoxID, epoch: UInt64) {
        self.fleet = fleet
        self.sandbox = sandbox
        self.box = box
        self.epoch = epoch
    }
}
