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

    /// Makes a sandbox that begins with the files of another, once: what is lost on the way is asked again under the same
    /// key.
    ///
    /// - Parameters:
    ///   - id: The sandbox that it begins with; it goes on as it is.
    ///   - request: What the new sandbox shall be.
    ///   - idempotencyKey: The same key and request give the same sandbox; nil makes a new key for this call.
    /// - Returns: The new sandbox, ready to be used.
    /// - Throws: `SandfleetError`.
    public func forkSandbox(
        _ id: String,
        _ request: ForkRequest = ForkRequest(),
        idempotencyKey: String? = nil
    ) async throws -> Sandbox {
        var call = try APIRequest("POST", ["v1", "sandboxes", id, "fork"]).json(request)
        call.headers["Idempotency-Key"] = idempotencyKey ?? UUID().uuidString.lowercased()
        return try await carryOut(call)
    }

    /// Stops a sandbox, with everything that runs in it.
    ///
    /// - Returns: The sandbox: a persistent one keeps its files and can be connected again. Nil when it was not, and is
    ///   gone.
    /// - Throws: `SandfleetError`.
    @discardableResult
    public func stopSandbox(_ id: String) async throws -> Sandbox? {
        try await connection.valueIfAny(APIRequest("POST", ["v1", "sandboxes", id, "stop"]))
    }

    /// Puts a persistent sandbox to sleep: its files are saved, what runs in it ends, and it wakes up when it is used.
    ///
    /// - Parameters:
    ///   - id: The sandbox's id.
    ///   - operationId: The same id is the same drain; nil makes a new id for this call.
    /// - Returns: The sandbox, paused.
    /// - Throws: `SandfleetError`; `unsupported` when it is not persistent.
    @discardableResult
    public func drainSandbox(_ id: String, operationId: String? = nil) async throws -> Sandbox {
        try await carryOut(APIRequest("POST", ["v1", "sandboxes", id, "drain"]), operationId)
    }

    /// Where a port of a sandbox is reached from outside.
    ///
    /// - Parameters:
    ///   - port: What listens in the sandbox.
    ///   - id: The sandbox's id; it is woken up.
    /// - Throws: `SandfleetError`; `unsupported` where its provider does not let ports be reached.
    public func address(ofPort port: Int, in id: String) async throws -> PortAddress {
        try await connection.value(APIRequest("GET", ["v1", "sandboxes", id, "ports", "\(port)"]))
    }

    /// Keeps a sandbox from being put to sleep for a while, at most a day.
    public func keepSandboxAlive(_ id: String, for duration: Duration) async throws {
        let body = ["durationMs": duration.wholeMilliseconds]
        var request = try APIRequest("POST", ["v1", "sandboxes", id, "keepalive"]).json(body)
        // It says until when, and saying it twice does no more.
        request.isRepeatable = true
        try await connection.perform(request)
    }
}
