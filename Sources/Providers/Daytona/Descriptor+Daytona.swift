import Model
import ProviderKit

extension Descriptor {
    /// - Parameter target: Where boxes are made, if it is said.
    static func daytona(_ boxes: DaytonaBoxSettings, target: String?) -> Descriptor {
        Descriptor(
            name: DaytonaDriver.name,
            os: "linux",
            hostBound: false,
            regions: target.map { [$0] } ?? [],
            streaming: .yes,
            stdin: .yes,
            signals: .yes,
            pty: .yes,
            files: .yes,
            ports: .yes,
            portMoment: .onDemand,
            volumes: .yes,
            snapshots: .yes,
            snapshotMethod: .copy,
            snapshotObstacle: "the provider makes an image of the disk",
            drainCaptures: boxes.isEphemeral ? .running : .stopped,
            networkPolicies: [.none, .full],
            memoryLimit: .yes,
            cpuLimit: .yes,
            diskLimit: .yes,
            persistence: boxes.isEphemeral
                ? .no("SANDBOX_DAYTONA_EPHEMERAL has the provider delete boxes that stop") : .yes,
            idempotentCreate: .uniqueName,
            idempotentCreateReason:
                "A sandbox's name holds the id of its box, and the provider refuses a second one of that name.",
            processAttach: .yes,
            hardDeadlineSeconds: nil,
            createDeadlineSeconds: 900,
            listingDelaySeconds: 0,
            params: DaytonaBoxSettings.params,
            credentials: DaytonaSettings.variables
        )
    }
}
