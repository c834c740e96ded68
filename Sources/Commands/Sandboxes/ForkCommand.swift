import ArgumentParser
import SandfleetClient

/// `sandfleet fork`.
struct ForkCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "fork",
        abstract: "Make a sandbox with the files of another, and print its id.",
        discussion: """
            With the files as they are now, or as they were at a checkpoint. The other sandbox goes on as it is; what runs \
            in it does not run in the new one. What is not said here is as the other has it.

              $ sandfleet fork build
              $ sandfleet fork build --name experiment --timeout 2h
              $ sandfleet fork build --checkpoint 01m7tq3nq0fa2svz3c0yqk2m4d
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The id or name of the sandbox to begin with.")
    var sandbox: String

    @Option(help: "A name for the new one, unique in the workspace.")
    var name: String?

    @Option(help: "The id of a checkpoint to begin with. (default: the files as they are now)")
    var checkpoint: String?

    @OptionGroup var traits: SandboxTraits

    func run(_ session: Session) async throws {
        var request = ForkRequest()
        request.checkpoint = checkpoint
        request.name = name
        request.persistent = traits.persistent
        request.timeoutMs = traits.timeout?.milliseconds
        request.idleTimeoutMs = traits.idleTimeout?.milliseconds
        if !traits.env.isEmpty { request.env = traits.env.dictionary }
        if !traits.metadata.isEmpty { request.metadata = traits.notes }
        if !traits.tag.isEmpty { request.tags = traits.tag.dictionary }
        let fork = try await session.client.forkSandbox(try await session.sandboxID(sandbox), request)
        try await session.output.show(fork, or: fork.id)
    }
}
