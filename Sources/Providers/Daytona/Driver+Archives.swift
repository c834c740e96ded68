import FoundationEssentials
package import Model
package import ProviderKit

extension DaytonaDriver {
    /// How long a disk may take to be saved.
    private static let captureLimit: Duration = .seconds(1800)

    package func capture(_ capture: BoxCapture) async throws(DriverError) -> ArchiveReference {
        let box = try await find(try identify(capture.envelope), capture.envelope)
        let name = SnapshotName(fleet: fleet, capture.archive)
        let snapshot = try await BoundedWait(limit: Self.captureLimit)
            .until("the snapshot") {
                () async throws(DriverError) -> BoundedWait<ContinuousClock>.Look<DaytonaSnapshot> in
                if let snapshot = try await api.snapshot(name.description) { return try Self.look(snapshot) }
                let sandbox = try await api.get(box.id, of: capture.envelope)
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
            account: binding.account,
            externalID: snapshot.name,
            createdAt: Date(),
            sizeBytes: snapshot.size.map { Int64($0 * 1_073_741_824) }
        )
    }

    private static func look(
        _ snapshot: DaytonaSnapshot
    ) throws(DriverError) -> BoundedWait<ContinuousClock>.Look<DaytonaSnapshot> {
        switch SnapshotState(rawValue: snapshot.state) {
        case .active, .inactive: return .ready(snapshot)
        case .error, .buildFailed, .removing:
            throw DriverError(.conflict, "The provider says that the snapshot is \(snapshot.state).")
        case .pending, .pulling, .building, nil: return .notYet("it is \(snapshot.state)")
        }
    }

    package func discard(_ archive: ArchiveID) async throws(DriverError) {
        guard let snapshot = try await api.snapshot(SnapshotName(fleet: fleet, archive).description) else { return }
        try await api.deleteSnapshot(snapshot.id)
    }

    package func archives() async throws(DriverError) -> [ArchiveID] {
        try await api.snapshots(of: fleet).map(\.id)
    }

    /// The snapshot that a box is to be made from, ready for that.
    ///
    /// - Throws: `archiveDamaged` when there is none, or none that can be used.
    func source(of creation: BoxCreation) async throws(DriverError) -> SnapshotName? {
        guard let reference = creation.source else { return nil }
        guard reference.provider == Self.name, reference.format == .native else {
            throw DriverError(.invalid, "The archive is none of this provider.")
        }
        guard let name = SnapshotName(reference.externalID) else {
            throw DriverError(.archiveDamaged, "The reference does not name a snapshot of ours.")
        }
        var isActivated = false
        return try await BoundedWait(limit: Self.captureLimit)
            .until("the snapshot") {
                () async throws(DriverError) -> BoundedWait<ContinuousClock>.Look<SnapshotName> in
                guard let snapshot = try await api.snapshot(name.description) else {
                    try await confirmOrganization()
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
