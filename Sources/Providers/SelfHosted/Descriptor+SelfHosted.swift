import Model
import ProviderKit

extension Descriptor {
    static let noSnapshots = "The files of a user's own machine are not saved."

    /// What sandboxes on users' machines can do; what a single machine's user does not allow is refused by itself.
    static var selfHosted: Descriptor {
        Descriptor(
            name: SelfHostedDriver.name,
            os: "linux",
            hostBound: false,
            isUsersMachine: true,
            streaming: .yes,
            stdin: .yes,
            signals: .yes,
            pty: .yes,
            files: .yes,
            ports: .no("ports of users' machines are not forwarded"),
            snapshots: .no("the files of a user's own machine are not saved"),
            networkPolicies: [.full, .none],
            memoryLimit: .no("the machine's user sets its limits"),
            cpuLimit: .no("the machine's user sets its limits"),
            diskLimit: .no("the machine's user sets its limits"),
            persistence: .yes,
            idempotentCreate: .uniqueName,
            processAttach: .yes,
            hardDeadlineSeconds: nil,
            createDeadlineSeconds: 60,
            listingDelaySeconds: 0
        )
    }
}
