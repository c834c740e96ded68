import Model
import ProviderKit

extension Descriptor {
    /// What boxes of an engine can do.
    static func docker(
        _ engine: EngineDocument,
        _ configuration: DockerConfiguration,
        hasNetwork: Bool
    ) -> Descriptor {
        Descriptor(
            name: DockerDriver.name,
            os: "linux",
            hostBound: true,
            streaming: .yes,
            stdin: .yes,
            signals: .yes,
            pty: .yes,
            files: .yes,
            ports: hasNetwork ? .yes : .no("the engine has no network \(configuration.network)"),
            portMoment: hasNetwork ? .predeclared : nil,
            volumes: .yes,
            snapshots: .yes,
            snapshotMethod: .copy,
            snapshotObstacle: "the engine copies what a container has changed into an image",
            drainCaptures: .stopped,
            networkPolicies: hasNetwork ? [.none, .full] : [.none],
            memoryLimit: engine.holdsMemory ?? false ? .yes : .no("the engine's kernel does not limit memory"),
            cpuLimit: engine.holdsProcessors ?? false ? .yes : .no("the engine's kernel does not limit processors"),
            diskLimit: .no("the engine's storage driver has no quotas that hold everywhere"),
            persistence: .yes,
            idempotentCreate: .uniqueName,
            idempotentCreateReason: "A container's name is the id of our row, and the engine gives a name out once.",
            processAttach: .yes,
            hardDeadlineSeconds: nil,
            // A pull is in it.
            createDeadlineSeconds: 600,
            listingDelaySeconds: 0,
            params: [BoxVolume.parameter],
            credentials: DockerVariables.all
        )
    }
}
