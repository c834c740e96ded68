import Model
import ProviderHTTP
import ProviderKit

extension DaytonaAPI {
    private struct Page: Sendable, Decodable {
        var items: [DaytonaSnapshot]
        var totalPages: Int
    }

    func snapshot(_ name: String) async throws(DriverError) -> DaytonaSnapshot? {
        try await found(ProviderCall("get snapshot", "GET", "/snapshots/\(name)", repeatability: .safe))
    }

    /// Nil when there is none.
    func activateSnapshot(_ id: String) async throws(DriverError) {
        let _: DaytonaSnapshot? = try await found(
            ProviderCall("activate snapshot", "POST", "/snapshots/\(id)/activate", repeatability: .idempotentByKey)
        )
    }

    /// Deleting what is gone succeeds.
    func deleteSnapshot(_ id: String) async throws(DriverError) {
        do {
            try await client.send(
                ProviderCall(
                    "delete snapshot",
                    "DELETE",
                    "/snapshots/\(id)",
                    repeatability: .safe,
                    box: client.configuration.binding.envelope(provider: DaytonaDriver.name, box: id)
                )
            )
        } catch {
            guard error.kind == .gone else { throw error }
        }
    }

    /// All snapshots of the fleet's own making.
    func snapshots(of fleet: FleetID) async throws(DriverError) -> [SnapshotName] {
        var names: [SnapshotName] = []
        var number = 1
        while true {
            let page: Page = try await client.json(
                ProviderCall(
                    "list snapshots",
                    "GET",
                    "/snapshots",
                    query: [("page", "\(number)"), ("limit", "100"), ("name", OwnNames.prefix(of: fleet))],
                    repeatability: .safe
                )
            )
            names += page.items.compactMap { SnapshotName($0.name) }.filter { $0.fleet == fleet }
            guard number < page.totalPages else { return names }
            number += 1
        }
    }
}
