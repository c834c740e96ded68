import FoundationEssentials
import Model
import ProviderHTTP
import ProviderKit

extension Engine {
    /// - Returns: Its id.
    /// - Throws: `conflict` when the name is taken, `invalid` when the image is not there.
    func make(_ request: ContainerRequest, named name: String) async throws(DriverError) -> String {
        let made: MadeDocument = try await client.json(
            ProviderCall(
                "create container",
                "POST",
                "/containers/create",
                query: [("name", name)],
                body: .json(request),
                // A name is given to one container.
                repeatability: .idempotentByKey,
                deadline: .seconds(60)
            )
        )
        return made.id
    }

    /// - Parameter box: Whose container it is; nil asks by a name, of which nothing is proven.
    func inspect(_ container: String, of box: Envelope?) async throws(DriverError) -> ContainerDocument {
        try await client.json(
            ProviderCall("inspect container", "GET", "/containers/\(container)/json", repeatability: .safe, box: box)
        )
    }

    /// The engine's word for the state of a container, if it says one soon.
    func state(of container: String) async throws(DriverError) -> String {
        let found: ContainerDocument = try await client.json(
            ProviderCall(
                "look whether it is paused",
                "GET",
                "/containers/\(container)/json",
                repeatability: .safe,
                deadline: .seconds(5)
            )
        )
        return found.state.status
    }

    /// The container of a name; nil when there is none at the moment.
    func find(_ name: String) async throws(DriverError) -> ContainerDocument? {
        let all: [ListedContainer] = try await list(filters: try Self.filter("name", "^/\(name)$"))
        guard let found = all.first else { return nil }
        return try await inspect(found.id, of: nil)
    }

    /// All containers, running or not, that carry a label.
    func list(labelled label: String) async throws(DriverError) -> [ListedContainer] {
        try await list(filters: try Self.filter("label", label))
    }

    private func list(filters: String) async throws(DriverError) -> [ListedContainer] {
        try await client.json(
            ProviderCall(
                "list containers",
                "GET",
                "/containers/json",
                query: [("all", "true"), ("filters", filters)],
                repeatability: .safe
            )
        )
    }

    static let startCall = "start container"

    func start(_ container: String) async throws(DriverError) {
        try await act(Self.startCall, "/containers/\(container)/start")
    }

    func unpause(_ container: String) async throws(DriverError) {
        try await act("continue container", "/containers/\(container)/unpause")
    }

    /// TERM, and KILL after so many seconds.
    func stop(_ container: String, grace seconds: Int) async throws(DriverError) {
        try await act(
            "stop container",
            "/containers/\(container)/stop",
            query: [("t", "\(seconds)")],
            deadline: .seconds(seconds + 60)
        )
    }

    /// With its anonymous volumes.
    func remove(_ container: String, of box: Envelope) async throws(DriverError) {
        try await client.send(
            ProviderCall(
                "remove container",
                "DELETE",
                "/containers/\(container)",
                query: [("force", "true"), ("v", "true")],
                repeatability: .idempotentByKey,
                deadline: .seconds(90),
                box: box
            )
        )
    }

    /// - Throws: `invalid` when there is no such network.
    func attach(_ container: String, to network: String) async throws(DriverError) {
        try await client.send(
            ProviderCall(
                "attach to network",
                "POST",
                "/networks/\(network)/connect",
                body: .json(["Container": container]),
                repeatability: .idempotentByKey
            )
        )
    }

    func hasNetwork(_ network: String) async throws(DriverError) -> Bool {
        do throws(DriverError) {
            try await client.send(
                ProviderCall("look for network", "GET", "/networks/\(network)", repeatability: .safe)
            )
            return true
        } catch {
            guard error.kind == .invalid else { throw error }
            return false
        }
    }

    private func act(
        _ name: String,
        _ path: ProviderPath,
        query: [ProviderCall.QueryItem] = [],
        deadline: Duration = .seconds(60)
    ) async throws(DriverError) {
        try await client.send(
            ProviderCall(name, "POST", path, query: query, repeatability: .idempotentByKey, deadline: deadline)
        )
    }

    static func filter(_ name: String, _ values: String...) throws(DriverError) -> String {
        do {
            return String(decoding: try JSONEncoder().encode([name: values]), as: UTF8.self)
        } catch {
            throw DriverError(.invalid, "A filter cannot be written as JSON.")
        }
    }
}
