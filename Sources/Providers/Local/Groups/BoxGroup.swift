import Glibc
import ProviderKit

/// The control groups of one box.
struct BoxGroup: Sendable, Hashable, Codable {
    /// Where the box is born; nil where cgroup2 is not writable.
    var unified: String?
    /// Version 1 directories, joined from outside once the box's processes exist.
    var legacy: [String]

    var isEmpty: Bool { unified == nil && legacy.isEmpty }

    var directories: [String] { legacy + (unified.map { [$0] } ?? []) }

    /// The same without the directories that are not wanted.
    func filter(_ isWanted: (String) -> Bool) -> BoxGroup {
        BoxGroup(unified: unified.flatMap { isWanted($0) ? $0 : nil }, legacy: legacy.filter(isWanted))
    }

    /// Makes the directories and sets the limits.
    ///
    /// Always new ones: a cgroup that has once been killed kills what is born into it.
    static func make(named name: String, limits: BoxLimits, in groups: ControlGroups) throws(DriverError) -> BoxGroup {
        var group = BoxGroup(unified: nil, legacy: [])
        do throws(DriverError) {
            if let base = groups.unified {
                let directory = "\(base)/\(name)"
                group.unified = directory
                try renew(directory)
                try group.limitUnified(directory, limits, groups.unifiedControllers)
            }
            if let base = groups.legacy[.memory], let memory = limits.memoryMb {
                let directory = "\(base)/\(name)"
                group.legacy.append(directory)
                try renew(directory)
                try limitLegacyMemory(directory, bytes: memory << 20)
            }
            if let base = groups.legacy[.cpu], let vcpus = limits.vcpus {
                let directory = "\(base)/\(name)"
                group.legacy.append(directory)
                try renew(directory)
                try HostFile.write("\(directory)/cpu.cfs_period_us", "\(period)".utf8)
                try HostFile.write("\(directory)/cpu.cfs_quota_us", "\(quota(vcpus))".utf8)
            }
        } catch {
            group.remove()
            throw error
        }
        return group
    }

    private static let period = 100_000

    private static func quota(_ vcpus: Double) -> Int {
        // The kernel takes no less than a millisecond.
        max(1_000, Int(vcpus * Double(period)))
    }

    private static func renew(_ directory: String) throws(DriverError) {
        guard mkdir(directory, 0o755) != 0 else { return }
        // Somebody may have tidied away the fleet's own directory while it was empty.
        if errno == ENOENT { return try HostFile.makeDirectories(directory, mode: 0o755) }
        guard errno == EEXIST else { throw .system("cannot make a control group") }
        // What has just died in it may be there for a moment yet.
        for _ in 0..<200 where rmdir(directory) != 0 && errno == EBUSY { usleep(1_000) }
        guard mkdir(directory, 0o755) == 0 else { throw .system("cannot renew a control group") }
    }

    private func limitUnified(
        _ directory: String,
        _ limits: BoxLimits,
        _ controllers: Set<ControlGroups.Controller>
    ) throws(DriverError) {
        if controllers.contains(.pids) {
            try HostFile.write("\(directory)/pids.max", "\(limits.processes)".utf8)
        }
        if controllers.contains(.memory), let memory = limits.memoryMb {
            try HostFile.write("\(directory)/memory.max", "\(memory << 20)".utf8)
            if access("\(directory)/memory.swap.max", W_OK) == 0 {
                try HostFile.write("\(directory)/memory.swap.max", "0".utf8)
            }
        }
        if controllers.contains(.cpu), let vcpus = limits.vcpus {
            try HostFile.write("\(directory)/cpu.max", "\(Self.quota(vcpus)) \(Self.period)".utf8)
        }
    }

    private static func limitLegacyMemory(_ directory: String, bytes: Int) throws(DriverError) {
        try HostFile.write("\(directory)/memory.limit_in_bytes", "\(bytes)".utf8)
        // Memory and swap together; where swap is not counted, the box is kept from using it.
        let both = "\(directory)/memory.memsw.limit_in_bytes"
        if access(both, W_OK) == 0 {
            try HostFile.write(both, "\(bytes)".utf8)
        } else {
            try HostFile.write("\(directory)/memory.swappiness", "0".utf8)
        }
    }

    /// Lets the box's user make groups in this one, and put processes of this one there: nothing else, and its limits stay
    /// the host's.
    func delegate(to user: UInt32) throws(DriverError) {
        guard let unified else { return }
        try HostFile.write("\(unified)/cgroup.max.depth", "1".utf8)
        try HostFile.write("\(unified)/cgroup.max.descendants", "8192".utf8)
        for path in [unified, "\(unified)/cgroup.procs"] {
            guard chown(path, user, user) == 0 else { throw .system("cannot hand over a control group") }
        }
    }

    /// Moves a process into the version 1 groups.
    func joinLegacy(_ pid: Int32) throws(DriverError) {
        for directory in legacy {
            try HostFile.write("\(directory)/cgroup.procs", "\(pid)".utf8)
        }
    }

    /// Moves a process into the cgroup2 group, where it could not be born there.
    func joinUnified(_ pid: Int32) throws(DriverError) {
        guard let unified else { return }
        try HostFile.write("\(unified)/cgroup.procs", "\(pid)".utf8)
    }

    /// Kills everything in the box; false where there is no cgroup2 to do it with.
    func kill() throws(DriverError) -> Bool {
        guard let unified, HostFile.status("\(unified)/cgroup.kill") != nil else { return false }
        try HostFile.write("\(unified)/cgroup.kill", "1".utf8)
        return true
    }

    /// Whether any process, however it got there, still lives in the box.
    func isPopulated() throws(DriverError) -> Bool {
        guard let unified, let events = try HostFile.text("\(unified)/cgroup.events") else { return false }
        return events.contains("populated 1")
    }

    /// Removes the directories; false when something in them still ends.
    @discardableResult
    func remove() -> Bool {
        var removed = true
        for directory in directories {
            for child in (try? HostFile.names(in: directory)) ?? [] {
                // Groups that the box's first process has made for its processes.
                let path = "\(directory)/\(child)"
                if HostFile.status(path)?.isDirectory == true { rmdir(path) }
            }
            if rmdir(directory) != 0, errno != ENOENT { removed = false }
        }
        return removed
    }
}
