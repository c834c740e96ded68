import Model
import ProviderKit

extension Descriptor {
    static func vercel(_ configuration: VercelConfiguration) -> Descriptor {
        Descriptor(
            name: VercelDriver.name,
            os: "linux",
            hostBound: false,
            streaming: .yes,
            stdin: .yes,
            signals: .yes,
            pty: .yes,
            files: .yes,
            ports: .yes,
            portMoment: .predeclared,
            snapshots: .yes,
            survivesSnapshot: false,
            snapshotMethod: .copy,
            snapshotObstacle: "a snapshot ends the session; the next command begins another one",
            // It ends the session in any case, and only what runs can be saved under a name of ours.
            drainCaptures: .running,
            networkPolicies: [.none, .full],
            memoryLimit: .no("memory follows the processors: 2048 MB for each"),
            cpuLimit: .yes,
            diskLimit: .no("disks have one size"),
            persistence: configuration.reuse
                ? .yes : .no("SANDBOX_VERCEL_REUSE is false: boxes are made anew from their snapshots"),
            idempotentCreate: .uniqueName,
            idempotentCreateReason:
                "A sandbox's name is the box's id; a second create of a name is refused, and the first one adopted.",
            processAttach: .yes,
            hardDeadlineSeconds: Int(configuration.longestLife.components.seconds),
            createDeadlineSeconds: Int(configuration.patience.components.seconds) * 2,
            listingDelaySeconds: 30,
            params: VercelParameters.names,
            credentials: VercelCredentials.variables
        )
    }
}
