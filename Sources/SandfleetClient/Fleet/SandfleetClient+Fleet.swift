extension SandfleetClient {
    /// The providers that sandboxes can be asked from.
    public func providers() async throws -> [Provider] {
        let page: Page<Provider> = try await connection.value(APIRequest("GET", ["v1", "providers"]))
        return page.items
    }

    /// What runs in the fleet; needs a key of scope admin.
    public func fleet() async throws -> FleetStatus {
        try await connection.value(APIRequest("GET", ["v1", "fleet"]))
    }

    /// Returns when the gateway says that it can serve; throws with the reason when it cannot.
    public func checkReady() async throws {
        try await connection.perform(APIRequest("GET", ["readyz"]))
    }
}
