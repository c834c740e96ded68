import ArgumentParser
import SandfleetClient

/// `sandfleet keys rm`.
struct RemoveKeyCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm",
        abstract: "Revoke a key.",
        discussion: "$ sandfleet keys rm 01jb2k3m4n5p6q7r8s9t0v1w2x"
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The key's id, as 'sandfleet keys ls' shows it.")
    var id: String

    func run(_ session: Session) async throws {
        try await session.client.deleteKey(id)
        try await session.output.show(["removed": [id]], or: id)
    }
}
