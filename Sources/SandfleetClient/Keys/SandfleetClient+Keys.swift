extension SandfleetClient {
    /// Makes a key; the answer alone holds its secret.
    public func createKey(name: String, scopes: [APIKeyScope]) async throws -> APIKey {
        let request = NewKey(name: name, scopes: scopes)
        return try await connection.value(APIRequest("POST", ["v1", "keys"]).json(request))
    }

    /// All keys of the workspace.
    public func keys() -> Pages<APIKey> {
        Pages { cursor in
            try await connection.value(APIRequest("GET", ["v1", "keys"], query: [("cursor", cursor)]))
        }
    }

    /// Revokes a key: it opens nothing from now on.
    public func deleteKey(_ id: String) async throws {
        try await connection.perform(APIRequest("DELETE", ["v1", "keys", id]))
    }

    private struct NewKey: Encodable {
        let name: String
        let scopes: [APIKeyScope]
    }
}
