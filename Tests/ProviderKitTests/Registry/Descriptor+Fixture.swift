import Model
import ProviderKit

extension Descriptor {
    /// One in which nothing is wrong.
    static func fixture(_ name: String, _ change: (inout Descriptor) -> Void = { _ in }) -> Descriptor {
        var descriptor = Descriptor(
            name: name,
            os: "linux",
            hostBound: false,
            streaming: .yes,
            stdin: .yes,
            signals: .yes,
            pty: .yes,
            files: .yes,
            ports: .yes,
            portMoment: .onDemand,
            snapshots: .yes,
            networkPolicies: [.none, .full],
            memoryLimit: .yes,
            cpuLimit: .yes,
            diskLimit: .yes,
            persistence: .yes,
            idempotentCreate: .uniqueName,
            processAttach: .yes,
            hardDeadlineSeconds: 3600,
            createDeadlineSeconds: 60,
            listingDelaySeconds: 0
        )
        change(&descriptor)
        return descriptor
    }
}
