import ArgumentParser
import SandfleetClient

/// `sandfleet agents enroll`.
struct EnrollAgentCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "enroll",
        abstract: "Let one machine in: prints the line to paste there. Its token is shown this once.",
        discussion: """
            $ sandfleet agents enroll
            $ sandfleet agents enroll --name workshop --label gpu=yes --expires-in 1d
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Option(help: "What the machine will be called. (default: as it calls itself)")
    var name: String?

    @Option(help: "A label of the machine; may be repeated.")
    var label: [Assignment] = []

    @Option(help: "For how long the token is good, as in 30m or 7d. (default: 1h)", transform: TimeSpan.parse)
    var expiresIn: TimeSpan?

    func run(_ session: Session) async throws {
        var request = EnrollmentRequest()
        request.name = name
        if !label.isEmpty { request.labels = label.dictionary }
        request.lifetimeMs = expiresIn?.milliseconds
        let enrollment = try await session.client.createEnrollment(request)
        let line = "sandfleet agent enroll --url \(session.location.url) --token \(enrollment.token ?? "")"
        try await session.output.show(enrollment, or: line)
    }
}
