import ArgumentParser
import FoundationEssentials
import SandfleetClient

/// `sandfleet history`.
struct HistoryCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Show what happened to a sandbox, oldest first.",
        discussion: """
            Who took it, made, moved, saved or stopped it, when and why. A removed sandbox is found by its id for as long \
            as the fleet keeps events.

              $ sandfleet history build
              $ sandfleet history 01m7tq3nq0fa2svz3c0yqk2m4d --json | jq -r '.items[].kind'
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The sandbox's id or name; of a removed one its id.")
    var sandbox: String

    @Option(help: "Only the last so many. (default: all)")
    var last: Int?

    func validate() throws {
        if let last, last < 1 { throw ValidationError("--last takes 1 or more.") }
    }

    func run(_ session: Session) async throws {
        let id = try await session.sandboxID(sandbox)
        var items: [HistoryEvent] = []
        for try await event in session.client.history(of: id) { items.append(event) }
        if let last { items = items.suffix(last) }
        try await session.output.show(["items": items], or: table(items, of: id))
    }

    private func table(_ items: [HistoryEvent], of sandbox: String) -> String {
        var table = TextTable(["TIME", "WHAT", "OF", "WHO", "EPOCH", "WHY"])
        for item in items {
            table.add([
                item.at.formatted(.iso8601), item.what, item.subject == sandbox ? nil : item.subject, item.who,
                item.epoch.map { "\($0)" }, item.why,
            ])
        }
        return table.text
    }
}
