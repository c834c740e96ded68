extension SandfleetClient {
    /// All machines that users have brought, newest first.
    ///
    /// - Parameter labels: All of which a machine has to have.
    public func agents(state: AgentState? = nil, labels: [String: String] = [:]) -> Pages<Agent> {
        let label =
            labels.isEmpty
            ? nil : labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        return Pages { cursor in
            let query = [("state", state?.rawValue), ("label", label), ("limit", "100"), ("cursor", cursor)]
            return try await connection.value(APIRequest("GET", ["v1", "agents"], query: query))
        }
    }

    /// The agent of an id.
    public func agent(_ id: String) async throws -> Agent {
        try await connection.value(APIRequest("GET", ["v1", "agents", id]))
    }

    /// Changes an agent's record.
    public func updateAgent(_ id: String, _ update: AgentUpdate) async throws -> Agent {
        try await connection.value(APIRequest("PATCH", ["v1", "agents", id]).json(update))
    }

    /// Takes an agent's credentials back, for good; what is on its machine stays.
    public func deleteAgent(_ id: String) async throws {
        try await connection.perform(APIRequest("DELETE", ["v1", "agents", id]))
    }

    /// Lets one machine in; the answer alone holds the token.
    public func createEnrollment(_ request: EnrollmentRequest = EnrollmentRequest()) async throws -> Enrollment {
        try await connection.value(APIRequest("POST", ["v1", "agents", "enrollments"]).json(request))
    }

    /// All enrollments, newest first, also those that are over.
    public func enrollments() -> Pages<Enrollment> {
        Pages { cursor in
            let query = [("limit", "100"), ("cursor", cursor)]
            return try await connection.value(APIRequest("GET", ["v1", "agents", "enrollments"], query: query))
        }
    }

    /// Takes back an enrollment that nobody has used.
    public func deleteEnrollment(_ id: String) async throws {
        try await connection.perform(APIRequest("DELETE", ["v1", "agents", "enrollments", id]))
    }
}
