import ArgumentParser
import SandfleetClient

/// `sandfleet status`.
struct StatusCommand: FleetCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show whether the fleet can serve, and what runs in it.",
        discussion: """
            Fails when the fleet is not ready. Services and workers show with a key of scope admin.

              $ sandfleet status
              $ sandfleet status --json
            """
    )

    @OptionGroup var connection: ConnectionOptions

    func run(_ session: Session) async throws {
        try await session.client.checkReady()
        let status = Status(url: session.location.url, ready: true, fleet: try await fleet(session))
        try await session.output.show(status, or: text(status))
    }

    private struct Status: Encodable {
        let url: String
        let ready: Bool
        let fleet: FleetStatus?
    }

    private func fleet(_ session: Session) async throws -> FleetStatus? {
        do {
            return try await session.client.fleet()
        } catch let error as SandfleetError where error.code == .forbidden {
            return nil
        }
    }

    private func text(_ status: Status) -> String {
        let head = "The fleet at \(status.url) is ready."
        guard let fleet = status.fleet else { return head }
        var services = TextTable(["SERVICE", "ID", "VERSION", "AGE"])
        for service in fleet.services {
            services.add([service.name, service.id, service.version, Quantities.age(service.startedAt)])
        }
        var workers = TextTable(["WORKER", "ID", "HOST", "PROVIDERS", "STATE", "SANDBOXES", "LAST SEEN"])
        for worker in fleet.workers {
            workers.add([
                worker.name, worker.id, worker.host, worker.providers?.joined(separator: ","), worker.state,
                worker.sandboxes.map(String.init), worker.heartbeatAgeMs.map { Quantities.span($0 / 1000) + " ago" },
            ])
        }
        return [head, services.text, workers.text].joined(separator: "\n\n")
    }
}
