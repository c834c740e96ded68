/// The life of a saved workspace in the ledger; a row is written before anything is saved.
package enum ArchiveState: String, Sendable, CaseIterable, Codable {
    /// It is being made, or whoever made it died: perhaps something exists, perhaps not.
    case candidate
    /// Whole and published. Of snapshots: the newest of its sandbox.
    case current
    /// Of snapshots: the one before.
    case previous
    case deletePending = "delete_pending"
    case deleted
    /// Deleting it failed too often; a person has to look.
    case deleteFailed = "delete_failed"

    package func mayBecome(_ next: ArchiveState) -> Bool {
        switch (self, next) {
        case (.candidate, .current), (.candidate, .deletePending),
            (.current, .previous), (.current, .deletePending),
            (.previous, .deletePending),
            (.deletePending, .deleted), (.deletePending, .deleteFailed), (.deleteFailed, .deletePending):
            true
        default: false
        }
    }
}

/// Who asked for a saved workspace, which decides who may delete it.
package enum ArchivePurpose: String, Sendable, CaseIterable, Codable {
    /// A drain; the current one and the one before are kept.
    case snapshot
    /// A user; kept until deleted or expired.
    case checkpoint
    /// A fork on its way; kept until the new sandbox has its files.
    case fork
}
