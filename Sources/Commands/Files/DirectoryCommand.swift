import ArgumentParser
import FoundationEssentials
import SandfleetClient

/// `sandfleet dir`.
struct DirectoryCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "dir",
        abstract: "List a directory of a sandbox.",
        discussion: """
            $ sandfleet dir build /workspace
            $ sandfleet dir build:/workspace --json
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The sandbox's id or name, perhaps with :path.")
    var sandbox: String

    @Argument(help: "The directory.")
    var path: String?

    func run(_ session: Session) async throws {
        let place = sandbox.split(separator: ":", maxSplits: 1).map(String.init)
        let path = path ?? (place.count == 2 ? place[1] : "/")
        let id = try await session.sandboxID(place.first ?? sandbox)
        var entries: [DirectoryEntry] = []
        var cursor: String?
        repeat {
            let page = try await session.client.directory(path, in: id, cursor: cursor)
            entries += page.entries
            cursor = page.nextCursor
        } while cursor != nil
        try await session.output.show(Listing(path: path, entries: entries), or: table(entries))
    }

    private struct Listing: Encodable {
        let path: String
        let entries: [DirectoryEntry]
    }

    private func table(_ entries: [DirectoryEntry]) -> String {
        var table = TextTable(["MODE", "SIZE", "MODIFIED", "NAME"])
        for entry in entries {
            let suffix =
                switch entry.type {
                case .directory: "/"
                case .symlink: " -> " + (entry.target ?? "?")
                default: ""
                }
            table.add([
                entry.mode, entry.size.map(Quantities.bytes), entry.modifiedAt.map { $0.formatted(.iso8601) },
                entry.name + suffix,
            ])
        }
        return table.text
    }
}
