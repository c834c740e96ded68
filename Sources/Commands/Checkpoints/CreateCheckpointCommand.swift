import ArgumentParser
import SandfleetClient

/// `sandfleet checkpoint create`.
struct CreateCheckpointCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Save the files of a sandbox as they are now, and print the checkpoint's id.",
        discussion: """
            What runs in the sandbox goes on; it stands still for the moment that the provider needs.

              $ sandfleet checkpoint create build
              $ sandfleet checkpoint create build --comment 'before the upgrade' --expires-in 7d
              $ sandfleet checkpoint create build --portable
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The sandbox's id or name.")
    var sandbox: String

    @Option(name: [.customShort("m"), .long], help: "A note for people.")
    var comment: String?

    @Option(help: "Delete it after this time, as in 12h or 7d. (default: it is kept)", transform: TimeSpan.parse)
    var expiresIn: TimeSpan?

    @Flag(help: "As an archive for boxes of any provider and host, instead of the provider's own, quicker form.")
    var portable = false

    func run(_ session: Session) async throws {
        let request = CheckpointRequest(
            comment: comment,
            expiresInMs: expiresIn?.milliseconds,
            format: portable ? .portable : nil
        )
        let made = try await session.client.createCheckpoint(of: try await session.sandboxID(sandbox), request)
        try await session.output.show(made, or: made.id)
    }
}
