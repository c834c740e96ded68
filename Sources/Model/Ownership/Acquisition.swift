/// How an attempt to take a lease ended.
package enum Acquisition: Sendable {
    /// The lease is ours, under the record's new epoch.
    case acquired(LeasedSandbox)
    /// Somebody live has it; perhaps we do.
    case owned(by: WorkerID, epoch: UInt64)
    /// Its boxes are on another host.
    case elsewhere(placement: String)
    /// There is no such sandbox, or it is deleted.
    case notFound
    /// This worker's own heartbeat is not valid: it may not take anything.
    case notLive
}

/// A sandbox under our epoch, with everything its box needs.
package struct LeasedSandbox: Sendable {
    package var record: SandboxRecord
    /// Secret: never logged.
    package var environment: [String: String]
    /// The boxes of this sandbox that are not known to be deleted.
    package var boxes: [BoxRecord]
    /// What its files may begin with when it has no box, best first: what a restore asked for, then the current snapshot, then
    /// the one before.
    package var archives: [ArchiveRecord]

    package init(
        record: SandboxRecord,
        environment: [String: String],
        boxes: [BoxRecord],
        archives: [ArchiveRecord]
    ) {
        self.record = record
        self.environment = environment
        self.boxes = boxes
        self.archives = archives
    }
}
