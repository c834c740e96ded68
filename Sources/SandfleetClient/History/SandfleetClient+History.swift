extension SandfleetClient {
    /// One page of what happened to a sandbox, oldest first.
    public func listHistory(
        of sandbox: String,
        limit: Int? = nil,
        cursor: String? = nil
    ) async throws -> Page<HistoryEvent> {
        let query = [("limit", limit.map(String.init)), ("cursor", cursor)]
        return try await connection.value(APIRequest("GET", ["v1", "sandboxes", sandbox, "history"], query: query))
    }

    /// All that happened to a sandbox, oldest first; of a deleted one too, for as long as the fleet keeps events.
    public func history(of sandbox: String) -> Pages<HistoryEvent> {
        Pages { try await listHistory(of: sandbox, limit: 100, cursor: $0) }
    }
}
