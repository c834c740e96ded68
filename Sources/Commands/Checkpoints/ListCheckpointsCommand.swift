import ArgumentParser
import SandfleetClient

/// `sandfleet checkpoint ls`.
struct ListCheckpointsCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the checkpoints of a sandbox, or all, newest first.",
        discussion: """
            $ sandfleet checkpoint ls build
            $ sandfleet checkpoint ls --json | jq -r '.items[] | select(.status == "ready") | .id'
            """,
        aliases: ["list"]
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The sandbox's id or name. (default: all sandboxes, also those that are removed)")
    var sandbox: String?

    @Option(help: "At most this many. (default: all)")
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit takes 1 or more.") }
    }

    func run(_ session: Session) async throws {
        let pages =
            if let sandbox {
                session.client.checkpoints(of: try await session.sandboxID(sandbox))
            } else {
                session.client.checkpoints()
            }
        var items: [Checkpoint] = []
        for try await checkpoint in pages {
            items.append(checkpoint)
            if items.count == limit { break }
        }
        try await session.output.show(["items": items], or: table(items))
    }

    private func table(_ items: [Checkpoint]) -> String {
        var table = TextTable(["ID", "SANDBOX", "STATUS", "FORMAT", "SIZE", "AGE", "EXPIRES IN", "COMMENT"])
        for item in items {
            table.add([
                item.id, item.sandboxId, item.status.rawValue, item.format?.rawValue,
                item.sizeBytes.map(Quantities.bytes), Quantities.age(item.createdAt),
                Quantities.remaining(item.expiresAt), item.error ?? item.comment,
            ])
        }
        return table.text
    }
}
