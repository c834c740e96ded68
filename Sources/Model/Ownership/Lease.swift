/// The ownership of one sandbox as a pure state machine: a value, and one function for each event.
///
/// The statements of `Store/Leases` do the same to the row; a test drives both with the same events and compares. There is no
/// clock in here: what depends on time is told by who calls.
package struct Lease: Sendable, Hashable {
    package internal(set) var state = LeaseState.cold
    /// Grows by one with each acquisition; a write under another one changes nothing.
    package internal(set) var epoch: UInt64 = 0
    package internal(set) var owner: WorkerID?
    package internal(set) var intent = Intent.run
    package internal(set) var status = SandboxStatus.creating
    package internal(set) var persistent: Bool
    package internal(set) var account: String?
    /// The host that its box is bound to; stays once it is known (rule 7).
    package internal(set) var placement: String?
    package internal(set) var envelope: Envelope?
    /// The archive that the next box begins with.
    package internal(set) var source: ArchiveID?
    /// The box that is being stopped (rule 11), empty when nobody knows its name; stays until a settlement, whoever acquires
    /// meanwhile.
    package var drainingBox: String?

    /// A sandbox that was just written down: nobody owns it (rule 1).
    package init(persistent: Bool, source: ArchiveID? = nil) {
        self.persistent = persistent
        self.source = source
    }

    package var isTerminated: Bool { state == .terminated }

    /// Whether the epoch is still this lease's, and somebody has it (rule 4).
    package func holds(epoch: UInt64) -> Bool { owner != nil && self.epoch == epoch }
}
