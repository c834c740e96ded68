import CurlTransport
import FoundationEssentials

extension SandfleetClient {
    /// Makes a sandbox, once: what is lost on the way is asked again under the same key.
    ///
    /// - Parameters:
    ///   - request: What it shall be.
    ///   - idempotencyKey: The same key and request give the same sandbox; nil makes a new key for this call.
    /// - Returns: The sandbox, ready to be used.
    /// - Throws: `SandfleetError`.
    public func createSandbox(
        _ request: SandboxRequest = SandboxRequest(),
        idempotencyKey: String? = nil
    ) async throws -> Sandbox {
        var call = try APIRequest("POST", ["v1", "sandboxes"]).json(request)
        call.headers["Idempotency-Key"] = idempotencyKey ?? UUID().uuidString.lowercased()
        call.isRepeatable = true
        return try await connection.value(call)
    }

    /// One page of the workspace's sandboxes, newest first.
    public func listSandboxes(
        status: SandboxStatus? = nil,
        limit: Int? = nil,
        cursor: String? = nil
    ) async throws -> Page<Sandbox> {
        let query = [("status", status?.rawValue), ("limit", limit.map(String.init)), ("cursor", cursor)]
        return try await connection.value(APIRequest("GET", ["v1", "sandboxes"], query: query))
    }

    /// All of the workspace's sandboxes, newest first.
    public func sandboxes(status: SandboxStatus? = nil) -> Pages<Sandbox> {
        Pages { try await listSandboxes(status: status, limit: 100, cursor: $0) }
    }

    /// The sandbox of an id.
    public func sandbox(_ id: String) async throws -> Sandbox {
        try await connection.value(APIRequest("GET", ["v1", "sandboxes", id]))
    }

    /// Changes a sandbox's record.
    public func updateSandbox(_ id: String, _ update: SandboxUpdate) async throws -> Sandbox {
        try await connection.value(APIRequest("PATCH", ["v1", "sandboxes", id]).json(update))
    }

    /// Removes a sandbox and everything in it.
    public func deleteSandbox(_ id: String) async throws {
        try await connection.perform(APIRequest("DELETE", ["v1", "sandboxes", id]))
    }

    /// Brings a sandbox back to life: attaches to its box, or restores it.
    public func connectSandbox(_ id: String) async throws -> Sandbox {
        try await connection.value(APIRequest("POST", ["v1", "sandboxes", id, "connect"]))
    }

    /// Stops a sandbox; a persistent one keeps its files and can be connected again.
    public func stopSandbox(_ id: String) async throws -> Sandbox {
        try await connection.value(APIRequest("POST", ["v1", "sandboxes", id, "stop"]))
    }

    /// Keeps a sandbox from being put to sleep for a while.
    public func keepSandboxAlive(_ id: String, for duration: Duration) async throws {
        try await connection.perform(
            APIRequest("POST", ["v1", "sandboxes", id, "keepalive"]).json(["durationMs": duration.wholeMilliseconds])
        )
    }
}
