import Model
import ProviderKit

extension Descriptor {
    static let noSnapshots =
        "a sprite's checkpoints belong to it and go with it: no other sprite can be made from them; portable ones can"

    static func sprites(_ boxes: SpritesBoxSettings) -> Descriptor {
        Descriptor(
            name: SpritesDriver.name,
            os: "linux",
            hostBound: false,
            streaming: .yes,
            stdin: .yes,
            signals: .yes,
            pty: .yes,
            files: .yes,
            ports: boxes.isPublic
                ? .yes : .no("a sprite's URL asks for the account's own token, or lets everybody in"),
            portMoment: boxes.isPublic ? .onDemand : nil,
            volumes: .no("a sprite has its own disk and no other"),
            snapshots: .no(noSnapshots),
            networkPolicies: [.none, .full],
            memoryLimit: .no("the provider takes sizes, and ignores them"),
            cpuLimit: .no("the provider takes sizes, and ignores them"),
            diskLimit: .no("the provider takes sizes, and ignores them"),
            persistence: .yes,
            idempotentCreate: .uniqueName,
            idempotentCreateReason:
                "A sprite's name holds the id of its box, and the provider refuses a second one of that name.",
            processAttach: .yes,
            hardDeadlineSeconds: nil,
            createDeadlineSeconds: 180,
            listingDelaySeconds: 0,
            credentials: SpritesSettings.variables
        )
    }
}
