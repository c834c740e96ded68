import CLinux
import Glibc
import Model
import ProviderKit

/// Tries on this host what every launch does, and tells what is refused.
struct LaunchProbe {
    let configuration: LocalConfiguration
    let isRoot: Bool

    /// Why boxes cannot have what they should; nil where they can.
    struct Obstacles {
        var overlay: String?
        var mapping: String?
    }

    /// - Throws: when boxes cannot be made at all.
    func obstacles() throws(DriverError) -> Obstacles {
        try removeLeftovers()
        // A name of its own: several workers of one host may start at the same time.
        let path = "\(configuration.dataDirectory)/\(Self.prefix)\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
        for name in ["", "/lower", "/mount", "/files", "/files/upper", "/files/work", "/files/root"] {
            try HostFile.makeDirectory(path + name)
        }
        defer { try? FileTree.remove(path) }
        var plan = LaunchPlan(
            directory: BoxDirectory(path: path),
            image: ResolvedImage(layers: ["lower"], hostPaths: []),
            networkPolicy: .none,
            user: 0,
            isRoot: isRoot,
            usesOverlay: true,
            daemonPath: configuration.daemonPath,
            bubblewrapPath: configuration.bubblewrapPath
        )
        var obstacles = Obstacles()
        if let failure = Self.attempt(plan) {
            obstacles.overlay = failure.message
            plan.usesOverlay = false
            if let second = Self.attempt(plan) { throw second }
        }
        obstacles.mapping =
            isRoot ? Self.attemptMapping(plan, configuration.userRange)?.message : "only root can map users"
        return obstacles
    }

    private static let prefix = "probe."

    /// Removes what attempts of processes that have died left behind.
    private func removeLeftovers() throws(DriverError) {
        for name in try HostFile.names(in: configuration.dataDirectory) ?? [] where name.hasPrefix(Self.prefix) {
            let owner = name.dropFirst(Self.prefix.count).split(separator: ".").first.flatMap { pid_t($0) }
            if let owner, kill(owner, 0) == 0 || errno == EPERM { continue }
            try FileTree.remove("\(configuration.dataDirectory)/\(name)")
        }
    }

    /// Whether bubblewrap can keep a box from making user namespaces: an old one knows no such option, and a host may not let
    /// it write the kernel's limit.
    func refusesUserNamespaces() -> Bool {
        let bubblewrap = configuration.bubblewrapPath
        let arguments = ["--unshare-user", "--disable-userns", "--dev-bind", "/", "/", "--", bubblewrap, "--version"]
        return (try? Tool.run(bubblewrap, arguments)) != nil
    }

    private static func attemptMapping(_ plan: LaunchPlan, _ users: ClosedRange<UInt32>) -> DriverError? {
        var plan = plan
        plan.user = users.upperBound
        plan.storedAs = users.lowerBound
        return attempt(plan)
    }

    private static func attempt(_ plan: LaunchPlan) -> DriverError? {
        let arena = CStringArena()
        var (request, binds) = plan.request(arena)
        request.probe_only = 1
        var mapping: HostDescriptor?
        if let storedAs = plan.storedAs {
            do throws(DriverError) {
                let opened = try BoxLauncher.userMapping(from: storedAs, to: plan.user)
                request.mapping = opened.rawValue
                mapping = consume opened
            } catch {
                return error
            }
        }
        var outcome = launch_outcome()
        let result = BoxLauncher.launch(&request, binds, &outcome)
        withExtendedLifetime(arena) {}
        _ = consume mapping
        return result == 0 ? nil : .launch(outcome)
    }
}
