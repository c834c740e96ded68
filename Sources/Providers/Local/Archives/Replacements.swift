import Model
import NIOConcurrencyHelpers

/// The restores that this process has been told of.
final class Replacements: Sendable {
    private let shared = NIOLockedValueBox<[BoxID: Replacement]>([:])

    /// - Returns: False when the box was known already; nothing has changed then.
    func begin(_ replacement: Replacement) -> Bool {
        shared.withLockedValue { shared in
            guard shared[replacement.box] == nil else { return false }
            shared[replacement.box] = replacement
            return true
        }
    }

    func contains(_ box: BoxID) -> Bool { shared.withLockedValue { $0[box] != nil } }

    /// Puts off the unmounting of a box that goes.
    ///
    /// - Returns: False when nobody will come for it.
    func keep(_ mount: HeldMount, of box: BoxID) -> Bool {
        shared.withLockedValue { shared in
            shared[box]?.mount = mount
            return shared[box] != nil
        }
    }

    /// Puts off the removal of its files.
    ///
    /// - Returns: False when nobody will come for them.
    func keep(_ trash: [String], of box: BoxID) -> Bool {
        shared.withLockedValue { shared in
            shared[box]?.trash += trash
            return shared[box] != nil
        }
    }

    /// The one that a box of a sandbox is made for.
    func find(_ sandbox: SandboxID, from archive: ArchiveID) -> Replacement? {
        shared.withLockedValue { shared in shared.values.first { $0.sandbox == sandbox && $0.archive == archive } }
    }

    /// Whoever gets it clears up.
    func end(_ box: BoxID) -> Replacement? { shared.withLockedValue { $0.removeValue(forKey: box) } }

    func endAll() -> [Replacement] {
        shared.withLockedValue { shared in
            defer { shared = [:] }
            return Array(shared.values)
        }
    }
}
