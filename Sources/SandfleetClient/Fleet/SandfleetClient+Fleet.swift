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

extension SandfleetClient {
    /// Has all boxes at the providers looked at, and those deleted that are proven to be nobody's; needs a key of scope
    /// admin.
    ///
    /// - Parameter dryRun: Whether to only say what would be done and why.
    /// - Returns: All boxes that the providers have of this fleet, and what became of each; the places that nobody could
    ///   look at.
    /// - Throws: `SandfleetError`. A sweep that is not dry is not repeated by itself: look with a dry one.
    public func sweep(dryRun: Bool) async throws -> Sweep {
        var request = try APIRequest("POST", ["v1", "fleet", "sweep"]).json(["dryRun": dryRun])
        request.isRepeatable = dryRun
        return try await connection.value(request)
    }
}
