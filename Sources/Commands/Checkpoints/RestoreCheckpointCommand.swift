import ArgumentParser
import SandfleetClient

/// `sandfleet checkpoint restore`.
struct RestoreCheckpointCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Put the files of a sandbox back to what they were at a checkpoint.",
        discussion: """
            What runs in the sandbox ends, and its files are replaced. To keep both, make another sandbox: \
            'sandfleet create --from-checkpoint' or 'sandfleet fork --checkpoint'.

              $ sandfleet checkpoint restore build 01m7tq3nq0fa2svz3c0yqk2m4d
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The sandbox's id or name.")
    var sandbox: String

    @Argument(help: "The checkpoint's id, as 'sandfleet checkpoint ls' shows it.")
    var checkpoint: String

    func run(_ session: Session) async throws {
        let id = try await session.sandboxID(sandbox)
        let restored = try await session.client.restoreCheckpoint(checkpoint, in: id)
        try await session.output.show(restored, or: "\(restored.id) is \(restored.status)")
    }
}
