import ArgumentParser

/// `sandfleet keys`.
struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys",
        abstract: "Make, list and revoke keys to the fleet.",
        discussion: "These need a key of scope admin.",
        subcommands: [CreateKeyCommand.self, ListKeysCommand.self, RemoveKeyCommand.self]
    )
}
