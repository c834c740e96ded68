import Glibc
import ProviderKit

/// What can hold a box together and within limits on this host: the fleet's directories in the cgroup hierarchies.
struct ControlGroups: Sendable, Hashable {
    enum Controller: String, Sendable, CaseIterable {
        case memory
        case cpu
        case pids
    }

    /// In cgroup2, with or without controllers: there boxes are killed and frozen.
    var unified: String?
    var unifiedControllers: Set<Controller> = []
    /// Directories of version 1, for the controllers that cgroup2 does not have.
    var legacy: [Controller: String] = [:]
    /// Why a controller cannot be used.
    var obstacles: [Controller: String] = [:]
    /// Why boxes are not put into cgroup2.
    var unifiedObstacle: String?

    /// Looks where directories can be made, and leaves the fleet's own behind.
    static func detect(name: String) throws(DriverError) -> ControlGroups {
        let mounts = try MountEntry.all()
        let own = ownPaths(try HostFile.text("/proc/self/cgroup") ?? "")
        var groups = ControlGroups()
        if let mount = mounts.first(where: { $0.fileSystem == "cgroup2" }) {
            switch makeDirectory(name, in: mount, own: own[""]) {
            case .success(let directory):
                groups.unified = directory
                for controller in Controller.allCases where enable(controller, for: directory) {
                    groups.unifiedControllers.insert(controller)
                }
            case .failure(let error):
                groups.unifiedObstacle = error.message
            }
        } else {
            groups.unifiedObstacle = "no cgroup2 hierarchy is mounted"
        }
        for controller in Controller.allCases where !groups.unifiedControllers.contains(controller) {
            let mount = mounts.first { $0.fileSystem == "cgroup" && $0.superOptions.contains(controller.rawValue) }
            guard let mount else {
                groups.obstacles[controller] =
                    groups.unifiedObstacle ?? "the cgroup2 controller \(controller.rawValue) is not available here"
                continue
            }
            switch makeDirectory(name, in: mount, own: own[controller.rawValue]) {
            case .success(let directory): groups.legacy[controller] = directory
            case .failure(let error): groups.obstacles[controller] = error.message
            }
        }
        return groups
    }

    /// The process's own path by controller; cgroup2 has the empty name.
    private static func ownPaths(_ text: String) -> [String: String] {
        var paths: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            for name in fields[1].split(separator: ",", omittingEmptySubsequences: false) {
                paths[String(name)] = String(fields[2])
            }
        }
        return paths
    }

    /// At the top of the hierarchy where that is allowed, else below the process's own group, as a service manager
    /// delegates it.
    private static func makeDirectory(
        _ name: String,
        in mount: MountEntry,
        own: String?
    ) -> Result<String, DriverError> {
        var candidates = [mount.mountPoint]
        if let own, own != mount.root {
            let root = mount.root == "/" ? "" : mount.root
            if own.hasPrefix(root) { candidates.append(mount.mountPoint + own.dropFirst(root.utf8.count)) }
        }
        var reason = ""
        for candidate in candidates {
            let directory = "\(candidate)/\(name)"
            if mkdir(directory, 0o755) == 0 || errno == EEXIST, access(directory, W_OK) == 0 {
                return .success(directory)
            }
            reason = String(cString: strerror(errno))
        }
        return .failure(DriverError(.unsupported, "no control group can be made under \(mount.mountPoint): \(reason)"))
    }

    /// Has a controller passed on to the boxes below a cgroup2 directory.
    private static func enable(_ controller: Controller, for directory: String) -> Bool {
        let parent = String(directory[..<(directory.lastIndex(of: "/") ?? directory.startIndex)])
        for level in [parent, directory] {
            let words = try? HostFile.text("\(level)/cgroup.subtree_control")
            if words?.split(whereSeparator: \.isWhitespace).contains(Substring(controller.rawValue)) == true {
                continue
            }
            guard (try? HostFile.write("\(level)/cgroup.subtree_control", "+\(controller.rawValue)".utf8)) != nil else {
                return false
            }
        }
        return true
    }

    /// Removes the fleet's directories where no box is left in them; a driver that still has boxes keeps its own.
    func removeIfEmpty() {
        for directory in [unified].compactMap({ $0 }) + legacy.values { rmdir(directory) }
    }

    func holds(_ controller: Controller) -> Bool {
        unifiedControllers.contains(controller) || legacy[controller] != nil
    }
}
