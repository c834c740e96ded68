import FoundationEssentials
package import Model
import ProviderHTTP
package import ProviderKit

extension DaytonaDriver {
    /// How long a disk may take to be saved.
    private static let captureLimit: Duration = .seconds(1800)
    /// How many failed snapshots one call clears away.
    private static let captureTries = 2

    package func capture(_ capture: BoxCapture) async throws(DriverError) -> ArchiveReference {
        let (boxName, account) = try await identify(capture.envelope)
        let api = account.api
        let box = try await account.find(boxName, capture.envelope)
        let name = SnapshotName(fleet: fleet, capture.archive)
        var triesLeft = Self.captureTries
        let snapshot = try await BoundedWait(limit: Self.captureLimit)
            .until("the snapshot") {
                () async throws(DriverError) -> BoundedWait<ContinuousClock>.Look<DaytonaSnapshot> in
                let known = try await api.snapshot(name.description)
                if let known, let look = Self.look(known) { return look }
                let sandbox = try await api.get(box.id, of: capture.envelope)
                // Right before anything is changed.
                try TagLabels.refuse(capture.epoch, behind: sandbox.labels)
                if let known {
                    guard triesLeft > 0 else {
                        let reason = (known.errorReason ?? "no reason").prefix(200)
                        throw DriverError(.conflict, "The provider says that the snapshot is \(known.state): \(reason)")
                    }
                    // It holds the name, and will never be whole. By its id: another of that name is not meant.
                    triesLeft -= 1
                    try await api.deleteSnapshot(known.id)
                    return .notYet("the snapshot was \(known.state)")
                }
                if let obstacle = sandbox.observed.obstacle(of: "the box") {
                    throw obstacle.kind == .gone ? obstacle : DriverError(.conflict, obstacle.message)
                }
                guard [.running, .stopped].contains(sandbox.observed.meaning) else {
                    return .notYet("the box is \(sandbox.observed.raw)")
                }
                do throws(DriverError) {
                    try await api.takeSnapshot(name, of: box.id, capture.envelope)
                    return .notYet("it was asked for")
                } catch {
                    switch error.kind {
                    // It may have begun, or something else has to end first: the next look tells.
                    case .conflict, .timeout, .transient: return .notYet(error.message)
                    default: throw error
                    }
                }
            }
        return ArchiveReference(
            format: .native,
            id: capture.archive,
            provider: Self.name,
            account: account.binding.account,
            externalID: snapshot.name,
            createdAt: Date(),
            sizeBytes: snapshot.size.map { Int64($0 * 1_073_741_824) }
        )
    }

    /// Nil for one that has failed.
    private static func look(_ snapshot: DaytonaSnapshot) -> BoundedWait<ContinuousClock>.Look<DaytonaSnapshot>? {
        switch SnapshotState(rawValue: snapshot.state) {
        case .active, .inactive: .ready(snapshot)
        case .error, .buildFailed: nil
        case .removing, .pending, .pulling, .building, nil: .notYet("it is \(snapshot.state)")
        }
    }

    package func discard(_ archive: ArchiveID) async throws(DriverError) {
        try await discard(archive, externalID: nil, account: nil)
    }

    package func discard(_ archive: ArchiveID, externalID: String?, account: String?) async throws(DriverError) {
        guard let account = await accounts.account(named: account ?? binding.account) else { throw .otherAccount }
        guard let snapshot = try await account.api.snapshot(SnapshotName(fleet: fleet, archive).description) else {
            // Another organization's key would not see it either.
            return try await account.confirmOrganization()
        }
        try await account.api.deleteSnapshot(snapshot.id)
    }

    package func archives() async throws(DriverError) -> [ArchiveID] {
        try await accounts.gather("archives") { [fleet] account throws(DriverError) in
            try await account.api.snapshots(of: fleet).map(\.id)
        }
    }

    /// The snapshot that a box is to be made from, ready for that.
    ///
    /// - Throws: `archiveDamaged` when there is none, or none that can be used.
    func source(of creation: BoxCreation, _ account: DaytonaAccount) async throws(DriverError) -> SnapshotName? {
        guard let reference = try creation.source(savedBy: Self.name, under: account.binding) else { return nil }
        let api = account.api
        guard let name = SnapshotName(reference.externalID) else {
            throw DriverError(.archiveDamaged, "The reference does not name a snapshot of ours.")
        }
        var isActivated = false
        return try await BoundedWait(limit: Self.captureLimit)
            .until("the snapshot") {
                () async throws(DriverError) -> BoundedWait<ContinuousClock>.Look<SnapshotName> in
                guard let snapshot = try await api.snapshot(name.description) else {
                    try await account.confirmOrganization()
                    throw DriverError(.archiveDamaged, "The provider has no snapshot \(name).")
                }
                switch SnapshotState(rawValue: snapshot.state) {
                case .active: return .ready(name)
                // The provider puts away what was not used for long.
                case .inactive where !isActivated:
                    isActivated = true
                    try await api.activateSnapshot(snapshot.id)
                    return .notYet("it is being activated")
                case .error, .buildFailed, .removing:
                    throw DriverError(.archiveDamaged, "The provider says that the snapshot is \(snapshot.state).")
                case .inactive, .pending, .pulling, .building, nil: return .notYet("it is \(snapshot.state)")
                }
            }
    }
}
