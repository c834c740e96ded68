extension SandfleetClient {
    /// Saves the files of a sandbox as they are now, once: what is lost on the way is asked again under the same id.
    ///
    /// What runs in the sandbox goes on; it stands still for the moment that the provider needs.
    ///
    /// - Parameters:
    ///   - sandbox: The sandbox's id.
    ///   - request: What the checkpoint shall be.
    ///   - operationId: The same id and request are the same checkpoint; nil makes a new id for this call.
    /// - Returns: The checkpoint, whole and ready.
    /// - Throws: `SandfleetError`.
    public func createCheckpoint(
        of sandbox: String,
        _ request: CheckpointRequest = CheckpointRequest(),
        operationId: String? = nil
    ) async throws -> Checkpoint {
        let call = try APIRequest("POST", ["v1", "sandboxes", sandbox, "checkpoints"]).json(request)
        return try await carryOut(call, operationId)
    }

    /// One page of the workspace's checkpoints, or of one sandbox's, newest first.
    public func listCheckpoints(
        of sandbox: String? = nil,
        limit: Int? = nil,
        cursor: String? = nil
    ) async throws -> Page<Checkpoint> {
        let path = (sandbox.map { ["sandboxes", $0] } ?? []) + ["checkpoints"]
        let query = [("limit", limit.map(String.init)), ("cursor", cursor)]
        return try await connection.value(APIRequest("GET", ["v1"] + path, query: query))
    }

    /// All checkpoints of a sandbox, newest first.
    public func checkpoints(of sandbox: String) -> Pages<Checkpoint> {
        Pages { try await listCheckpoints(of: sandbox, limit: 100, cursor: $0) }
    }

    /// All checkpoints of the workspace, newest first, also those whose sandbox is deleted.
    public func checkpoints() -> Pages<Checkpoint> {
        Pages { try await listCheckpoints(limit: 100, cursor: $0) }
    }

    /// The checkpoint of an id.
    public func checkpoint(_ id: String) async throws -> Checkpoint {
        try await connection.value(APIRequest("GET", ["v1", "checkpoints", id]))
    }

    /// Deletes a checkpoint; sandboxes that were made from it keep their files.
    public func deleteCheckpoint(_ id: String) async throws {
        try await connection.perform(APIRequest("DELETE", ["v1", "checkpoints", id]))
    }

    /// Puts the files of a sandbox back to what they were at a checkpoint.
    ///
    /// What runs in it ends. Its files of before are its snapshot then.
    ///
    /// - Parameters:
    ///   - id: The checkpoint's id.
    ///   - sandbox: The sandbox's id.
    ///   - operationId: The same id is the same restore; nil makes a new id for this call.
    /// - Returns: The sandbox, active again.
    /// - Throws: `SandfleetError`; `checkpointNotReady` when it cannot be used, or not any more.
    @discardableResult
    public func restoreCheckpoint(
        _ id: String,
        in sandbox: String,
        operationId: String? = nil
    ) async throws -> Sandbox {
        try await carryOut(APIRequest("POST", ["v1", "sandboxes", sandbox, "checkpoints", id, "restore"]), operationId)
    }
}
