import ArgumentParser
import SandfleetClient

/// `sandfleet agents enrollments`.
struct EnrollmentsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enrollments",
        abstract: "List tokens for machines, and take them back.",
        subcommands: [ListEnrollmentsCommand.self, RevokeEnrollmentCommand.self],
        defaultSubcommand: ListEnrollmentsCommand.self
    )
}

/// `sandfleet agents enrollments ls`.
struct ListEnrollmentsCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls",
        abstract: "List the enrollments, newest first, without their tokens.",
        discussion: "$ sandfleet agents enrollments",
        aliases: ["list"]
    )

    @OptionGroup var connection: ConnectionOptions

    func run(_ session: Session) async throws {
        var items: [Enrollment] = []
        for try await enrollment in session.client.enrollments() { items.append(enrollment) }
        try await session.output.show(["items": items], or: table(items))
    }

    private func table(_ items: [Enrollment]) -> String {
        var table = TextTable(["ID", "NAME", "STATE", "AGE", "EXPIRES IN", "AGENT", "LABELS"])
        for item in items {
            table.add([
                item.id, item.name, item.state, Quantities.age(item.createdAt),
                item.state == "pending" ? Quantities.remaining(item.expiresAt) : nil, item.agentId, item.labels.text,
            ])
        }
        return table.text
    }
}

/// `sandfleet agents enrollments revoke`.
struct RevokeEnrollmentCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Take back a token that nobody has used.",
        discussion: "$ sandfleet agents enrollments revoke 01jb2k3m4n5p6q7r8s9t0v1w2x",
        aliases: ["rm"]
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The enrollment's id, as 'sandfleet agents enrollments' shows it.")
    var id: String

    func run(_ session: Session) async throws {
        try await session.client.deleteEnrollment(id)
        try await session.output.show(["removed": [id]], or: id)
    }
}
