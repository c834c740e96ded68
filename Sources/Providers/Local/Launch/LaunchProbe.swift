import CLinux
import Glibc
import Model
import ProviderKit

/// Tries on this host what every launch does, and tells what is refused.
struct LaunchProbe {
    let configuration: LocalConfiguration
    let isRoot: Bool

    /// - Returns: Why overlays cannot be used here; nil when they can.
    /// - Throws: when boxes cannot be made at all.
    func overlayObstacle() throws(DriverError) -> String? {
        try removeLeftovers()
        // A name of its own: several workers of one host may start at the same time.
        let path = "\(configuration.dataDirectory)/\(Self.prefix)\(getpid()).\(UInt32.random(in: 0...UInt32.max))"
        for name in ["", "/lower", "/mount", "/upper", "/work", "/root"] { try HostFile.makeDirectory(path + name) }
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
        guard let failure = Self.attempt(plan) else { return nil }
        plan.usesOverlay = false
        if let second = Self.attempt(plan) { throw second }
        return failure.message
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

    private static func attempt(_ plan: LaunchPlan) -> DriverError? {
        let arena = CStringArena()
        var (request, binds) = plan.request(arena)
        request.probe_only = 1
        var outcome = launch_outcome()
        defer { withExtendedLifetime(arena) {} }
        return BoxLauncher.launch(&request, binds, &outcome) == 0 ? nil : .launch(outcome)
    }
}
