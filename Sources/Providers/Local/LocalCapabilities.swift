import Glibc
import ProviderKit

/// What this host lets this process do with boxes, found out once.
struct LocalCapabilities: Sendable, Hashable {
    var isRoot: Bool
    var groups: ControlGroups
    /// Nil when boxes get an overlay; else why they get a copied root.
    var overlayObstacle: String?
    /// Nil when each box gets a subvolume of btrfs; else why not.
    var subvolumeObstacle: String?
    /// Nil when files of one host user can be shown as another's; else why they are copied for it.
    var mappingObstacle: String?
    /// Whether a box's first process gets a control group for each of its process trees.
    ///
    /// That needs bubblewrap to refuse user namespaces for good, because the system call filter cannot then.
    var delegatesGroups = false

    var memoryLimit: Descriptor.Support { support(.memory) }
    var cpuLimit: Descriptor.Support { support(.cpu) }
    var diskLimit: Descriptor.Support {
        .no("disk space is shared by all boxes of a host: there are no quotas on the data directory")
    }

    var snapshotMethod: Descriptor.SnapshotMethod {
        if subvolumeObstacle == nil { return .snapshot }
        return overlayObstacle == nil ? .layers : .copy
    }

    private func support(_ controller: ControlGroups.Controller) -> Descriptor.Support {
        if groups.holds(controller) { return .yes }
        return .no(groups.obstacles[controller] ?? "the \(controller.rawValue) controller is not available")
    }

    /// Refuses what cannot be held, before anything is made.
    func check(_ limits: BoxLimits) throws(DriverError) {
        if let memory = limits.memoryMb {
            guard memory >= 8, memory <= 1 << 30 else {
                throw DriverError(.invalid, "memoryMb must be between 8 and \(1 << 30)")
            }
            try require(memoryLimit, "memoryMb")
        }
        if let vcpus = limits.vcpus {
            guard vcpus >= 0.01, vcpus <= 4_096 else {
                throw DriverError(.invalid, "vcpus must be between 0.01 and 4096")
            }
            try require(cpuLimit, "vcpus")
        }
        if limits.diskMb != nil { try require(diskLimit, "diskMb") }
    }

    private func require(_ support: Descriptor.Support, _ limit: String) throws(DriverError) {
        if case .no(let reason) = support {
            throw DriverError(.unsupported, "the limit \(limit) cannot be held on this host: \(reason)")
        }
    }
}
