import ArgumentParser
import SandfleetClient

/// `sandfleet ls`.
struct ListCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the sandboxes, newest first.",
        discussion: """
            $ sandfleet ls
            $ sandfleet ls --status active --limit 10
            $ sandfleet ls --json | jq -r '.items[].id'
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "Only those in this status: creating, active, paused, shutdown or error.")
    var status: String?

    @Option(help: "At most this many. (default: all)")
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit takes 1 or more.") }
    }

    func run(_ session: Session) async throws {
        var items: [Sandbox] = []
        for try await sandbox in session.client.sandboxes(status: status.map(SandboxStatus.init(rawValue:))) {
            items.append(sandbox)
            if items.count == limit { break }
        }
        try await session.output.show(["items": items], or: table(items))
    }

    private func table(_ items: [Sandbox]) -> String {
        var table = TextTable(["ID", "NAME", "PROVIDER", "STATUS", "AGE", "EXPIRES IN"])
        for item in items {
            table.add([
                item.id, item.name, item.provider, item.status.rawValue, Quantities.age(item.createdAt),
                Quantities.remaining(item.expiresAt),
            ])
        }
        return table.text
    }
}
