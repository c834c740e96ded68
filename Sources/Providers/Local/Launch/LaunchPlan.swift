import CLinux
import Glibc
import Model
import ProviderKit

/// Everything about a launch that does not depend on open descriptors.
struct LaunchPlan: Sendable {
    var directory: BoxDirectory
    var image: ResolvedImage
    /// Saved layers above the image's, uppermost first.
    var savedLayers: [String] = []
    var networkPolicy: NetworkPolicy
    var user: UInt32
    /// Who the files on disk belong to, when that is not the box's user.
    var storedAs: UInt32?
    var isRoot: Bool
    var usesOverlay: Bool
    /// Kept by the kernel per user and namespace; nil where a control group does it.
    var processLimit: Int?
    var memoryMb: Int?
    /// The box's first process gets the box's control group for the trees of its processes.
    var delegatesGroup = false
    var daemonPath: String
    var bubblewrapPath: String

    private static let resolver = "/etc/resolv.conf"
    /// What a box with the host's network finds there.
    static var resolverPath: String? { HostFile.realPath(resolver) }

    /// Options of the overlay, with paths relative to the box's directory where possible: they share one page.
    var overlayOptions: String {
        let lower = (savedLayers.map(SavedLayers.relativePath) + image.layers.map(Self.escape)).joined(separator: ":")
        let prefix = directory.prefix
        return "lowerdir=\(lower),upperdir=\(prefix)upper,workdir=\(prefix)work" + (isRoot ? "" : ",userxattr")
    }

    /// What must be seen through the mapping of users before the overlay is mounted.
    private var mapped: [String] {
        guard storedAs != nil, usesOverlay else { return [] }
        return [directory.prefix.isEmpty ? "." : "files"] + savedLayers.map(SavedLayers.relativePath)
    }

    /// Source and target of each host path, the target relative to the box's root.
    var binds: [(source: String, target: String)] {
        var binds = image.hostPaths.map { ($0, String($0.drop { $0 == "/" })) }
        if networkPolicy == .full, let resolver = Self.resolverPath {
            binds.append((resolver, String(Self.resolver.dropFirst())))
        }
        return binds
    }

    private static func escape(_ path: String) -> String {
        var escaped = ""
        for character in path {
            if character == "\\" || character == ":" || character == "," { escaped.append("\\") }
            escaped.append(character)
        }
        return escaped
    }

    /// The request for the launch; its pointers live as long as the arena.
    func request(_ arena: CStringArena) -> (request: launch_request, binds: [launch_bind]) {
        var request = launch_request()
        request.directory = UnsafePointer(arena.string(directory.path))
        if usesOverlay {
            request.overlay_options = UnsafePointer(arena.string(overlayOptions))
        } else {
            request.plain_root = UnsafePointer(arena.string(directory.plainRoot))
        }
        request.mapping = -1
        let mapped = mapped
        request.mapped = UnsafePointer(arena.array(mapped))
        request.mapped_count = mapped.count
        request.`init` = UnsafePointer(arena.string(daemonPath))
        request.user_namespace = isRoot ? 0 : 1
        request.uid = user
        request.gid = user
        request.process_limit = UInt64(processLimit ?? 0)
        request.program = UnsafePointer(arena.string(bubblewrapPath))
        let arguments = BubblewrapArguments(
            program: bubblewrapPath,
            networkPolicy: networkPolicy,
            memoryMb: memoryMb,
            delegatesGroup: delegatesGroup
        )
        .list
        request.arguments = UnsafePointer(arena.array(arguments))
        request.environment = UnsafePointer(arena.array(BubblewrapArguments.environment))
        request.cgroup = -1
        request.delegated = -1
        request.birth = -1
        request.log = -1
        let binds = binds.map { bind in
            launch_bind(
                source: UnsafePointer(arena.string(bind.source)),
                target: UnsafePointer(arena.string(bind.target))
            )
        }
        return (request, binds)
    }
}
