/// What is to become of a box that the provider lists, and why.
package struct SweepVerdict: Sendable, Hashable {
    package enum Action: String, Sendable, Codable {
        /// It is as it should be, or somebody else's to settle.
        case keep
        /// A person should look; nothing touches it.
        case report
        case delete
    }

    package enum Reason: String, Sendable, Codable, CaseIterable {
        // Deleted.
        case sandboxTerminated = "sandbox_terminated"
        case superseded
        case recordedDeleted = "recorded_deleted"

        // Kept.
        case inUse = "in_use"
        /// It would be deleted, but another worker has its sandbox's lease: that one does it.
        case leaseElsewhere = "lease_elsewhere"
        /// It would be deleted, but nobody has its sandbox's lease: take it, and judge again.
        case leaseFree = "lease_free"

        // Reported.
        case noTag = "no_tag"
        case otherFleet = "other_fleet"
        case noRow = "no_row"
        /// Tag and row contradict each other about whose box it is.
        case otherSandbox = "other_sandbox"
        /// The row's box is under another account or on another host.
        case otherBinding = "other_binding"
        /// Nobody wants it, but its sandbox is served under another account, whose worker cannot reach it.
        case otherAccountServes = "other_account_serves"
        /// The tag is of an epoch that the row has not reached: the database was set back.
        case databaseBehind = "database_behind"
        /// The row of this attempt names another box.
        case secondOfItsTag = "second_of_its_tag"
        /// The row says that it is not to be used, but the sandbox names it as its box.
        case namedByItsSandbox = "named_by_its_sandbox"
    }

    package var reason: Reason

    package init(_ reason: Reason) { self.reason = reason }

    package var action: Action {
        switch reason {
        case .sandboxTerminated, .superseded, .recordedDeleted: .delete
        case .inUse, .leaseElsewhere, .leaseFree: .keep
        case .noTag, .otherFleet, .noRow, .otherSandbox, .otherBinding, .otherAccountServes, .databaseBehind,
            .secondOfItsTag, .namedByItsSandbox:
            .report
        }
    }
}
