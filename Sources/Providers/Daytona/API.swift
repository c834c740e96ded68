import FoundationEssentials
import Model
import ProviderHTTP
import ProviderKit

/// The endpoints of the API that are used, one method each; a box is named by its name.
struct DaytonaAPI: Sendable {
    private struct Page: Sendable, Decodable {
        var items: [DaytonaSandbox]
        var nextCursor: String?
    }

    private struct Labelling: Sendable, Codable {
        var labels: [String: String]
    }

    private struct NamedSnapshot: Sendable, Encodable {
        var name: String
    }

    let client: ProviderClient
    /// The same client for another address: what is in boxes is reached elsewhere.
    let clientAt: @Sendable (_ baseURL: String) -> ProviderClient

    /// - Throws: `transient` when the provider does not say where it is.
    func toolbox(of sandbox: DaytonaSandbox) throws(DriverError) -> DaytonaToolbox {
        guard var address = sandbox.toolboxProxyUrl, !address.isEmpty else {
            throw DriverError(.transient, "The provider does not say where the inside of the box is reached.")
        }
        while address.hasSuffix("/") { address.removeLast() }
        return DaytonaToolbox(client: clientAt("\(address)/\(sandbox.id)"))
    }

    /// - Throws: `conflict` when there is one of that name.
    func create(_ creation: DaytonaCreation) async throws(DriverError) -> DaytonaSandbox {
        try await client.json(
            ProviderCall(
                "create sandbox",
                "POST",
                "/sandbox",
                body: .json(creation),
                repeatability: .idempotentByKey,
                deadline: .seconds(120)
            )
        )
    }

    /// - Parameter known: Its name or id.
    /// - Throws: What a NotFound proves about the box of the envelope.
    func get(_ known: String, of box: Envelope) async throws(DriverError) -> DaytonaSandbox {
        try await client.json(
            ProviderCall("get sandbox", "GET", "/sandbox/\(known)", repeatability: .safe, box: box)
        )
    }

    /// Begins to.
    func delete(_ known: String, of box: Envelope) async throws(DriverError) -> DaytonaSandbox {
        // To be repeated whatever an earlier try has done: that there is none is all that is wanted.
        try await client.json(
            ProviderCall("delete sandbox", "DELETE", "/sandbox/\(known)", repeatability: .safe, box: box)
        )
    }

    /// Begins a change of state: `start`, `stop` or `recover`.
    ///
    /// - Throws: `conflict` while another one is under way, `invalid` where the state does not allow it.
    func change(_ known: String, _ change: String, of box: Envelope) async throws(DriverError) {
        try await client.send(
            ProviderCall(
                "change the state of a sandbox",
                "POST",
                "/sandbox/\(known)/\(change)",
                repeatability: .once,
                box: box
            )
        )
    }

    /// Replaces all labels.
    func setLabels(_ labels: [String: String], of known: String, _ box: Envelope) async throws(DriverError) {
        let _: Labelling = try await client.json(
            ProviderCall(
                "set labels",
                "PUT",
                "/sandbox/\(known)/labels",
                body: .json(Labelling(labels: labels)),
                repeatability: .safe,
                box: box
            )
        )
    }

    /// Puts off what the provider does with a sandbox that nobody uses.
    func noteActivity(_ known: String) async throws(DriverError) {
        try await client.send(
            ProviderCall("note activity", "POST", "/sandbox/\(known)/last-activity", repeatability: .safe)
        )
    }

    /// Where a port is reached, and with what.
    func preview(of known: String, port: Int, _ box: Envelope) async throws(DriverError) -> PortAddress {
        struct Preview: Sendable, Decodable {
            var url: String
            var token: String?
        }
        let preview: Preview = try await client.json(
            ProviderCall(
                "preview",
                "GET",
                "/sandbox/\(known)/ports/\(port)/preview-url",
                repeatability: .safe,
                box: box
            )
        )
        return PortAddress(
            url: preview.url,
            headers: preview.token.map { ["X-Daytona-Preview-Token": $0] } ?? [:]
        )
    }

    /// All sandboxes with these labels.
    func list(labels: [String: String]) async throws(DriverError) -> [DaytonaSandbox] {
        var sandboxes: [DaytonaSandbox] = []
        var cursor: String?
        repeat {
            let page = try await page(labels: labels, after: cursor, limit: 100)
            sandboxes += page.items
            cursor = page.nextCursor
        } while cursor != nil
        return sandboxes
    }

    /// Whose sandboxes the credentials show; nil while there are none.
    func organization() async throws(DriverError) -> String? {
        try await page(labels: [:], after: nil, limit: 1).items.first?.organizationId
    }

    private func page(
        labels: [String: String],
        after cursor: String?,
        limit: Int
    ) async throws(DriverError) -> Page {
        var query: [ProviderCall.QueryItem] = [("limit", "\(limit)")]
        if !labels.isEmpty { query.append(("labels", try Self.json(labels))) }
        if let cursor { query.append(("cursor", cursor)) }
        return try await client.json(
            ProviderCall("list sandboxes", "GET", "/sandbox", query: query, repeatability: .safe)
        )
    }

    private static func json(_ labels: [String: String]) throws(DriverError) -> String {
        do {
            return String(decoding: try JSONEncoder().encode(labels), as: UTF8.self)
        } catch {
            throw DriverError(.invalid, "The labels cannot be written as JSON.")
        }
    }

    /// Begins to save the disk of a sandbox.
    ///
    /// - Throws: `conflict` also when there is a snapshot of that name.
    func takeSnapshot(_ name: SnapshotName, of known: String, _ box: Envelope) async throws(DriverError) {
        try await client.send(
            ProviderCall(
                "take snapshot",
                "POST",
                "/sandbox/\(known)/snapshot",
                body: .json(NamedSnapshot(name: name.description)),
                repeatability: .once,
                box: box
            )
        )
    }

    /// A call about something else than a box, nil when the API says that there is no such thing.
    func found<Value: Decodable & Sendable>(_ call: ProviderCall) async throws(DriverError) -> Value? {
        var call = call
        // Judged as a box would be: the API's own NotFound, under this very binding.
        call.box = client.configuration.binding.envelope(provider: DaytonaDriver.name, box: call.path.text)
        do {
            return try await client.json(call, as: Value.self)
        } catch {
            guard error.kind == .gone else { throw error }
            return nil
        }
    }
}
