import Model
import ProviderKit

/// What a sandbox at Vercel carries.
///
/// Five tags are the most there: a box is told by the sandbox's name, and the epochs stand beside its sandbox: the one that made the
/// box, and the highest that has taken it up.
struct VercelTags: Sendable, Hashable {
    static let fleetName = "fleet"
    private static let sandboxName = "sandbox"
    private static let scopeName = "scope"
    private static let directoryName = "cwd"
    static let archiveName = "archive"
    private static let longest = 64

    private var values: [String: String]

    init(_ tag: BoxTag, scope: String?, directory: String) {
        values = [
            Self.fleetName: tag.fleet.rawValue,
            Self.sandboxName: "\(tag.sandbox.rawValue).\(tag.epoch)",
            Self.directoryName: directory,
        ]
        if let scope { values[Self.scopeName] = Self.plain(scope) }
    }

    init(_ document: SandboxDocument) {
        values = document.tags ?? [:]
    }

    var all: [String: String] { values }

    /// Nil when it is not one of a fleet's boxes, or cannot be read.
    func box(named name: String) -> BoxTag? {
        guard let owners, let fleet = values[Self.fleetName].flatMap(FleetID.init), let box = BoxID(name) else {
            return nil
        }
        return BoxTag(fleet: fleet, sandbox: owners.sandbox, box: box, epoch: owners.first)
    }

    /// Whose box it is; nil when that cannot be read.
    var sandbox: SandboxID? { owners?.sandbox }

    /// The highest epoch that has taken it up; nil when that cannot be read.
    var epoch: UInt64? {
        get { owners?.highest }
        set {
            guard let owners, let newValue else { return }
            values[Self.sandboxName] = "\(owners.sandbox.rawValue).\(owners.first).\(newValue)"
        }
    }

    private var owners: (sandbox: SandboxID, first: UInt64, highest: UInt64)? {
        let parts = values[Self.sandboxName]?.split(separator: ".", omittingEmptySubsequences: false) ?? []
        guard (2...3).contains(parts.count), let sandbox = SandboxID(String(parts[0])),
            let first = UInt64(parts[1]), let highest = UInt64(parts[parts.count - 1])
        else { return nil }
        return (sandbox, first, max(first, highest))
    }

    /// For which archive the last snapshot of our making was taken, or is being taken.
    var archive: ArchiveID? {
        get { values[Self.archiveName].flatMap(ArchiveID.init) }
        set { values[Self.archiveName] = newValue?.rawValue }
    }

    /// Without what a filter of tags could take for something else.
    private static func plain(_ text: String) -> String {
        let kept = text.prefix(longest)
            .map { $0.isASCII && ($0.isLetter || $0.isNumber || "._-/".contains($0)) ? $0 : "-" }
        return String(kept)
    }
}
