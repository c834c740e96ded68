import Model
import ProviderKit

extension Descriptor {
    /// What local boxes can do, given what the host allows.
    ///
    /// - Parameter lifetime: Of each box, in seconds; nil is unlimited.
    static func local(_ capabilities: LocalCapabilities, lifetime: Int?) -> Descriptor {
        Descriptor(
            name: LocalDriver.name,
            os: "linux",
            hostBound: true,
            streaming: .yes,
            stdin: .yes,
            signals: .yes,
            pty: .yes,
            files: .yes,
            ports: .no("ports of local boxes are not forwarded"),
            snapshots: .yes,
            snapshotMethod: capabilities.snapshotMethod,
            snapshotObstacle: capabilities.subvolumeObstacle,
            drainCaptures: .stopped,
            networkPolicies: [.none, .full],
            memoryLimit: capabilities.memoryLimit,
            cpuLimit: capabilities.cpuLimit,
            diskLimit: capabilities.diskLimit,
            persistence: .yes,
            idempotentCreate: .uniqueName,
            processAttach: .yes,
            hardDeadlineSeconds: lifetime,
            createDeadlineSeconds: 30,
            listingDelaySeconds: 0
        )
    }
}
