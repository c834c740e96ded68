import ProviderKit

/// Finds the disks that boxes are to see, and makes those that there are not.
struct DaytonaVolumes: Sendable {
    let api: DaytonaAPI
    var limit: Duration = .seconds(60)

    func mounts(_ mounts: [DaytonaBoxSettings.Mount]) async throws(DriverError) -> [DaytonaCreation.Mount] {
        var found: [DaytonaCreation.Mount] = []
        for mount in mounts {
            let id = try await ready(mount.volume)
            found.append(DaytonaCreation.Mount(volumeId: id, mountPath: mount.path, subpath: mount.subpath))
        }
        return found
    }

    /// Its id, once it can be mounted.
    private func ready(_ known: String) async throws(DriverError) -> String {
        let id = try await find(known).id
        return try await BoundedWait(limit: limit)
            .until("the volume \(known)") { () throws(DriverError) in
                guard let volume = try await api.volume(id) else { return .notYet("it is not there") }
                switch VolumeState(rawValue: volume.state) {
                case .ready: return .ready(volume.id)
                case .error, .deleting, .pendingDelete, .deleted:
                    throw DriverError(.invalid, "The volume \(known) is \(volume.state).")
                case .creating, .pendingCreate, nil: return .notYet("it is \(volume.state)")
                }
            }
    }

    private func find(_ known: String) async throws(DriverError) -> DaytonaVolume {
        if let volume = try await api.volume(named: known) { return volume }
        if Self.isID(known) {
            guard let volume = try await api.volume(known) else {
                throw DriverError(.invalid, "There is no volume with the id \(known).")
            }
            return volume
        }
        do {
            return try await api.createVolume(known)
        } catch {
            // Somebody else was faster, or an answer was lost.
            if let volume = try await api.volume(named: known) { return volume }
            throw error
        }
    }

    /// A UUID: those are never made up by people.
    private static func isID(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.utf8.count) == [8, 4, 4, 4, 12] && groups.allSatisfy { $0.allSatisfy(\.isHexDigit) }
    }
}
