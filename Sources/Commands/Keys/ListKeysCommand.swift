import ArgumentParser
import SandfleetClient

/// `sandfleet keys ls`.
struct ListKeysCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the keys, without their secrets.",
        discussion: "$ sandfleet keys ls"
    )

    @OptionGroup var connection: ConnectionOptions

    func run(_ session: Session) async throws {
        var keys: [APIKey] = []
        for try await key in session.client.keys() { keys.append(key) }
        try await session.output.show(["items": keys], or: table(keys))
    }

    private func table(_ keys: [APIKey]) -> String {
        var table = TextTable(["ID", "NAME", "SCOPES", "AGE", "STATE"])
        for key in keys {
            table.add([
                key.id, key.name, key.scopes.map(\.rawValue).joined(separator: ","), Quantities.age(key.createdAt),
                key.revokedAt == nil ? "valid" : "revoked",
            ])
        }
        return table.text
    }
}
