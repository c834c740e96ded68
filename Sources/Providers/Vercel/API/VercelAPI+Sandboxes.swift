import Model
import ProviderHTTP
import ProviderKit

extension VercelAPI {
    private struct Listed: ListPage {
        let sandboxes: [SandboxDocument]
        let pagination: Pagination

        var entries: [SandboxDocument] { sandboxes }
    }

    private struct Changed: Decodable, Sendable {
        let sandbox: SandboxDocument
    }

    private struct Tags: Encodable, Sendable {
        let tags: [String: String]
    }

    /// - Throws: `conflict` when the name is taken, perhaps by an earlier try; `timeout` when nobody knows.
    func create(_ body: CreateBody, within deadline: Duration) async throws(DriverError) -> SandboxAnswer {
        let call = ProviderCall(
            Self.creating,
            "POST",
            "/v3/sandboxes",
            body: .json(body),
            repeatability: .idempotentByKey,
            deadline: deadline
        )
        return try await client.json(call)
    }

    /// - Parameter resume: Starts a session when none runs.
    func sandbox(
        _ name: String,
        resume: Bool = false,
        of box: Envelope?
    ) async throws(DriverError) -> SandboxAnswer {
        let call = ProviderCall(
            resume ? Self.resuming : "get sandbox",
            "GET",
            "/v2/sandboxes/\(name)",
            query: [("projectId", project), ("resume", resume ? "true" : "false")],
            repeatability: resume ? .idempotentByKey : .safe,
            deadline: .seconds(60),
            box: box
        )
        return try await client.json(call)
    }

    /// Replaces all tags of a sandbox.
    func tag(_ name: String, _ tags: [String: String], of box: Envelope) async throws(DriverError) {
        let call = ProviderCall(
            "tag sandbox",
            "PATCH",
            "/v2/sandboxes/\(name)",
            query: [("projectId", project)],
            body: .json(Tags(tags: tags)),
            repeatability: .idempotentByKey,
            box: box
        )
        _ = try await client.json(call, as: Changed.self)
    }

    func delete(_ name: String, of box: Envelope) async throws(DriverError) {
        let call = ProviderCall(
            "delete sandbox",
            "DELETE",
            "/v2/sandboxes/\(name)",
            query: [("projectId", project)],
            repeatability: .idempotentByKey,
            deadline: .seconds(60),
            box: box
        )
        try await client.send(call)
    }

    /// All that carry a tag, or whose name begins so.
    func sandboxes(
        tag: (name: String, value: String)? = nil,
        prefix: String? = nil
    ) async throws(DriverError) -> [SandboxDocument] {
        var query: [ProviderCall.QueryItem] = [("project", project), ("limit", "50")]
        if let tag { query.append(("tags", "\(tag.name):\(tag.value)")) }
        if let prefix {
            query += [("namePrefix", prefix), ("sortBy", "name")]
        }
        return try await all(Listed.self, "list sandboxes", "/v2/sandboxes", query: query)
    }
}
