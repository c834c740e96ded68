import Model
import ProviderKit

/// What a sandbox at Vercel carries.
///
/// Five tags are the most there: a box is told by the sandbox's name, and an epoch stands beside its sandbox.
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
        let parts = values[Self.sandboxName]?.split(separator: ".") ?? []
        guard parts.count == 2, let sandbox = SandboxID(String(parts[0])), let epoch = UInt64(parts[1]),
            let fleet = values[Self.fleetName].flatMap(FleetID.init), let box = BoxID(name)
        else { return nil }
        return BoxTag(fleet: fleet, sandbox: sandbox, box: box, epoch: epoch)
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
