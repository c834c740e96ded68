import ArgumentParser
import SandfleetClient

/// `sandfleet ps`.
struct ProcessListCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "ps",
        abstract: "List the processes of a sandbox, newest first.",
        discussion: """
            Those that run; with --all also those that have ended.

              $ sandfleet ps build
              $ sandfleet ps build --all --limit 20
              $ sandfleet ps build --status killed --kind test-runner
              $ sandfleet ps build --json | jq -r '.items[].id'
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The sandbox's id or name.")
    var sandbox: String

    @Flag(name: [.short, .long], help: "Also those that have ended.")
    var all = false

    @Option(help: "Only those that are \(ProcessStatus.words).")
    var status: String?

    @Option(help: "Only those of this kind: \(ProcessKind.words).")
    var kind: String?

    @Option(help: "At most this many. (default: all)")
    var limit: Int?

    func validate() throws {
        if let limit, limit < 1 { throw ValidationError("--limit takes 1 or more.") }
        if all, status != nil { throw ValidationError("--all and --status do not go together.") }
        try status.map(ProcessStatus.init(rawValue:))?.check()
        try kind.map(ProcessKind.init(rawValue:))?.check()
    }

    func run(_ session: Session) async throws {
        let id = try await session.sandboxID(sandbox)
        let wanted = status.map(ProcessStatus.init(rawValue:)) ?? (all ? nil : .running)
        var items: [SandboxProcess] = []
        let kind = kind.map(ProcessKind.init(rawValue:))
        for try await process in session.client.processes(of: id, status: wanted, kind: kind) {
            items.append(process)
            if items.count == limit { break }
        }
        try await session.output.show(["items": items], or: table(items))
    }

    private func table(_ items: [SandboxProcess]) -> String {
        var table = TextTable(["ID", "KIND", "STATUS", "AGE", "OUTPUT", "COMMAND"])
        for item in items {
            let bytes = item.stdoutBytes.map { $0 + (item.stderrBytes ?? 0) }
            table.add([
                item.id, item.kind.rawValue, item.exit?.summary ?? item.status.rawValue, Quantities.age(item.startedAt),
                bytes.map(Quantities.bytes), item.commandLine,
            ])
        }
        return table.text
    }
}

extension SandboxProcess {
    private static let longestLine = 60

    /// The command as it could be typed, shortened.
    fileprivate var commandLine: String {
        let line = args.map { ([command] + $0).map(Self.quoted).joined(separator: " ") } ?? command
        return line.count > Self.longestLine ? line.prefix(Self.longestLine - 1) + "…" : line
    }

    private static func quoted(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "-_=+./:,@%".contains($0) }
        return isPlain ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
    }
}
