import ArgumentParser

/// `sandfleet checkpoint`.
struct CheckpointCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "checkpoint",
        abstract: "Save the files of sandboxes, and bring them back.",
        discussion: """
            A checkpoint is kept until it is removed or expires, also when its sandbox is removed. Without a word of what \
            to do, one is made.

              $ sandfleet checkpoint build
              $ sandfleet checkpoint ls build
              $ sandfleet checkpoint restore build 01m7tq3nq0fa2svz3c0yqk2m4d
              $ sandfleet create --from-checkpoint 01m7tq3nq0fa2svz3c0yqk2m4d
            """,
        subcommands: [
            CreateCheckpointCommand.self, ListCheckpointsCommand.self, RestoreCheckpointCommand.self,
            RemoveCheckpointCommand.self,
        ],
        defaultSubcommand: CreateCheckpointCommand.self
    )
}
