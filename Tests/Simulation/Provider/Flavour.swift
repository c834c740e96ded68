import Model
import ProviderKit

/// The kinds of providers that a schedule may have.
package enum Flavour: String, CaseIterable, Sendable {
    /// Names are ours, a stopped box keeps its files, the far end fences, and boxes are bound to a host.
    case local
    /// Found by tag, with a listing that lags; a stopped box keeps its files.
    case tagged
    /// Found by tag; a stopped box keeps nothing.
    case fleeting
    /// A user's own machine: there before its sandbox, never made, never replaced; it goes away and comes back.
    case selfHosted

    var isHostBound: Bool { self == .local }
    /// The far end remembers the highest epoch and refuses lower ones (rule 5).
    var fences: Bool { self == .local || self == .selfHosted }
    var keepsStopped: Bool { self != .fleeting }

    var descriptor: Descriptor {
        Descriptor(
            name: rawValue,
            os: "linux",
            hostBound: isHostBound,
            isUsersMachine: self == .selfHosted,
            streaming: .yes,
            stdin: .yes,
            signals: .yes,
            pty: .yes,
            files: .yes,
            ports: .yes,
            snapshots: self == .selfHosted ? .no("It is the user's own.") : .yes,
            drainCaptures: self == .fleeting ? .running : .stopped,
            networkPolicies: [.none],
            memoryLimit: .yes,
            cpuLimit: .yes,
            diskLimit: .yes,
            persistence: keepsStopped ? .yes : .no("Boxes keep nothing."),
            idempotentCreate: self == .local || self == .selfHosted ? .uniqueName : .adoptByTag,
            processAttach: .yes,
            hardDeadlineSeconds: nil,
            createDeadlineSeconds: 20,
            listingDelaySeconds: self == .local || self == .selfHosted ? 0 : 10
        )
    }
}
