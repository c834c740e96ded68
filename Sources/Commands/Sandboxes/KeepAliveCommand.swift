import ArgumentParser
import SandfleetClient

/// `sandfleet keepalive`.
struct KeepAliveCommand: FleetCommand {
    private static let longest = 86_400_000

    static let configuration = CommandConfiguration(
        commandName: "keepalive",
        abstract: "Keep a sandbox from being put to sleep for a while.",
        discussion: """
            Its idle time counts from the end of that while. Its time to live, set with --timeout, goes on.

              $ sandfleet keepalive build 30m
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Its id or name.")
    var sandbox: String

    @Argument(help: "For how long from now, at most 24h.", transform: TimeSpan.parse)
    var span: TimeSpan

    func validate() throws {
        if span.milliseconds > Self.longest {
            throw ValidationError("A sandbox is kept awake for at most 24h at a time.")
        }
    }

    func run(_ session: Session) async throws {
        let id = try await session.sandboxID(sandbox)
        try await session.client.keepSandboxAlive(id, for: span.duration)
        let answer = Answer(id: id, durationMs: span.milliseconds)
        try await session.output.show(
            answer,
            or: "\(id) stays awake for \(Quantities.span(span.duration / .seconds(1)))"
        )
    }

    private struct Answer: Encodable {
        let id: String
        let durationMs: Int
    }
}
