package import Model
package import ProviderKit

/// All that is known of one box that a provider lists, read before anything is decided about it.
package struct SweepEvidence: Sendable {
    /// The provider's own word.
    package var listing: BoxListing
    /// This fleet.
    package var fleet: FleetID
    /// Under which account, and on which host, the box was listed.
    package var binding: Binding
    /// The row of the box that the tag names; nil when there is none.
    package var box: BoxRecord?
    /// The sandbox of that row, terminated ones included; nil when there is no row.
    package var sandbox: SandboxRecord?
    /// Who asks: deleting a box takes its sandbox's lease, unless the sandbox is terminated.
    package var sweeper: WorkerID

    package init(
        listing: BoxListing,
        fleet: FleetID,
        binding: Binding,
        box: BoxRecord?,
        sandbox: SandboxRecord?,
        sweeper: WorkerID
    ) {
        self.listing = listing
        self.fleet = fleet
        self.binding = binding
        self.box = box
        self.sandbox = sandbox
        self.sweeper = sweeper
    }
}
