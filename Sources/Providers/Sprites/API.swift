import Model
import NIOCore
import ProviderHTTP
import ProviderKit

/// A sprite as the provider tells of it; in lists much is left out.
struct Sprite: Sendable, Decodable {
    var name: String
    var organization: String?
    var status: String
    var labels: [String]?
    /// Where one of its ports is reached by everybody; nil where not everybody is let in.
    var publicURL: String?

    private struct Access: Decodable {
        var auth: String?
    }

    private enum Key: String, CodingKey {
        case name
        case url
        case access = "url_settings"
        case organization
        case slug = "org_slug"
        case status
        case labels
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        name = try fields.decode(String.self, forKey: .name)
        organization =
            try fields.decodeIfPresent(String.self, forKey: .organization)
            ?? fields.decodeIfPresent(String.self, forKey: .slug)
        status = try fields.decode(String.self, forKey: .status)
        labels = try fields.decodeIfPresent([String].self, forKey: .labels)
        let access = try fields.decodeIfPresent(Access.self, forKey: .access)
        publicURL = access?.auth == "public" ? try fields.decodeIfPresent(String.self, forKey: .url) : nil
    }

    var state: ObservedState<SpriteState> { ObservedState(status) }
}

/// The endpoints that are used, one method each.
struct SpritesAPI: Sendable {
    private struct Page: Sendable, Decodable {
        var sprites: [Sprite]
        var next: String?

        private enum CodingKeys: String, CodingKey {
            case sprites
            case next = "next_continuation_token"
        }
    }

    private struct Creation: Sendable, Encodable {
        struct Access: Sendable, Encodable {
            var auth: String
        }

        var name: String
        var labels: [String]
        var access: Access

        private enum CodingKeys: String, CodingKey {
            case name
            case labels
            case access = "url_settings"
        }
    }

    private struct Labelling: Sendable, Encodable {
        var labels: [String]
    }

    private struct Policy: Sendable, Encodable {
        struct Rule: Sendable, Encodable {
            var domain: String
            var action: String
        }

        var rules: [Rule]
    }

    let client: ProviderClient

    /// - Throws: `invalid` also when there is one of that name.
    func create(
        _ name: SpriteName,
        _ labels: SpriteLabels,
        isPublic: Bool = false
    ) async throws(DriverError) -> Sprite {
        let access = Creation.Access(auth: isPublic ? "public" : "sprite")
        return try await client.json(
            ProviderCall(
                "create sprite",
                "POST",
                "/v1/sprites",
                body: .json(Creation(name: name.description, labels: labels.texts, access: access)),
                repeatability: .idempotentByKey,
                deadline: .seconds(60)
            )
        )
    }

    /// - Throws: What a NotFound proves about the box of the envelope.
    func get(_ name: SpriteName, of box: Envelope) async throws(DriverError) -> Sprite {
        try await client.json(
            ProviderCall("get sprite", "GET", "/v1/sprites/\(name)", repeatability: .safe, box: box)
        )
    }

    /// - Throws: What a NotFound proves about the box of the envelope.
    func delete(_ name: SpriteName, of box: Envelope) async throws(DriverError) {
        // To be repeated whatever an earlier try has done: that there is none is all that is wanted.
        try await client.send(
            ProviderCall(
                "delete sprite",
                "DELETE",
                "/v1/sprites/\(name)",
                repeatability: .safe,
                deadline: .seconds(60),
                box: box
            )
        )
    }

    /// Replaces all labels.
    func setLabels(_ labels: [String], of name: SpriteName, _ box: Envelope) async throws(DriverError) {
        try await client.send(
            ProviderCall(
                "set labels",
                "PUT",
                "/v1/sprites/\(name)",
                body: .json(Labelling(labels: labels)),
                repeatability: .safe,
                box: box
            )
        )
    }

    /// All sprites whose names begin so.
    func list(prefix: String) async throws(DriverError) -> [Sprite] {
        var sprites: [Sprite] = []
        var token: String?
        repeat {
            let page = try await page(prefix: prefix, after: token, limit: 50)
            sprites += page.sprites
            token = page.next
        } while token != nil
        return sprites
    }

    /// Whose sprites the token shows; nil while there are none.
    func organization() async throws(DriverError) -> String? {
        try await page(prefix: "", after: nil, limit: 1).sprites.first?.organization
    }

    private func page(prefix: String, after token: String?, limit: Int) async throws(DriverError) -> Page {
        // Without `bulk_load` entries have no labels.
        var query: [ProviderCall.QueryItem] = [("max_results", "\(limit)"), ("bulk_load", "true")]
        if !prefix.isEmpty { query.append(("prefix", prefix)) }
        if let token { query.append(("continuation_token", token)) }
        return try await client.json(
            ProviderCall("list sprites", "GET", "/v1/sprites", query: query, repeatability: .safe)
        )
    }

    func setNetwork(of name: SpriteName, _ policy: NetworkPolicy) async throws(DriverError) {
        let action =
            switch policy {
            case .none: "deny"
            case .full: "allow"
            }
        try await client.send(
            ProviderCall(
                "set network policy",
                "POST",
                "/v1/sprites/\(name)/policy/network",
                body: .json(Policy(rules: [Policy.Rule(domain: "*", action: action)])),
                repeatability: .safe
            )
        )
    }

    /// Replaces a file, and makes the directories above it.
    func write(_ bytes: ByteBuffer, to path: String, mode: String, of name: SpriteName) async throws(DriverError) {
        try await client.send(
            ProviderCall(
                "write file",
                "PUT",
                "/v1/sprites/\(name)/fs/write",
                query: [("path", path), ("mode", mode), ("mkdirParents", "true")],
                body: .bytes(bytes, type: "application/octet-stream"),
                repeatability: .safe,
                deadline: .seconds(120)
            )
        )
    }
}
