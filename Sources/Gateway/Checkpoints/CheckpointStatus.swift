package import Model

/// What a user is told of a checkpoint's place in the ledger.
package enum CheckpointStatus: String, Sendable, CaseIterable {
    case saving
    case ready
    /// Nothing whole came of it.
    case failed
    case deleting

    package init(_ record: ArchiveRecord) {
        self =
            switch record.state {
            case .candidate: .saving
            case .current, .previous: .ready
            case .deletePending, .deleted, .deleteFailed: record.publishedAt == nil ? .failed : .deleting
            }
    }
}
