import ProviderHTTP
import ProviderKit

extension VercelAPI {
    private struct Answered: Decodable, Sendable {
        let session: SessionDocument
    }

    private struct Taken: Decodable, Sendable {
        let snapshot: SnapshotDocument
    }

    private struct Listed: ListPage {
        let snapshots: [SnapshotDocument]
        let pagination: Pagination

        var entries: [SnapshotDocument] { snapshots }
    }

    private struct None: Encodable, Sendable {}

    func session(_ id: String) async throws(DriverError) -> SessionDocument {
        let call = ProviderCall("get session", "GET", "/v2/sandboxes/sessions/\(id)", repeatability: .safe)
        let answer: Answered = try await client.json(call)
        return answer.session
    }

    /// Begins the end of a session; it answers long before that has come.
    func stop(session id: String) async throws(DriverError) {
        let call = ProviderCall(
            "stop session",
            "POST",
            "/v2/sandboxes/sessions/\(id)/stop",
            body: .json(None()),
            repeatability: .idempotentByKey
        )
        try await client.send(call)
    }

    /// Lets a session live so much longer.
    func extend(session id: String, by duration: Duration) async throws(DriverError) -> SessionDocument {
        let call = ProviderCall(
            "extend timeout",
            "POST",
            "/v2/sandboxes/sessions/\(id)/extend-timeout",
            body: .json(["duration": duration.milliseconds]),
            repeatability: .once
        )
        let answer: Answered = try await client.json(call)
        return answer.session
    }

    /// Saves the disk of a session, which ends with that; twice would be two snapshots.
    ///
    /// - Parameter expiration: Zero is never.
    func snapshot(
        session id: String,
        expiration: Duration,
        within deadline: Duration
    ) async throws(DriverError) -> SnapshotDocument {
        let call = ProviderCall(
            "take snapshot",
            "POST",
            "/v2/sandboxes/sessions/\(id)/snapshot",
            body: .json(["expiration": expiration.milliseconds]),
            repeatability: .once,
            deadline: deadline
        )
        let answer: Taken = try await client.json(call)
        return answer.snapshot
    }

    func snapshot(_ id: String) async throws(DriverError) -> SnapshotDocument {
        let call = ProviderCall("get snapshot", "GET", "/v2/sandboxes/snapshots/\(id)", repeatability: .safe)
        let answer: Taken = try await client.json(call)
        return answer.snapshot
    }

    /// Those of one sandbox, newest first, also when it is deleted.
    func snapshots(of name: String) async throws(DriverError) -> [SnapshotDocument] {
        let query: [ProviderCall.QueryItem] = [("project", project), ("name", name), ("limit", "50")]
        return try await all(Listed.self, "list snapshots", "/v2/sandboxes/snapshots", query: query)
    }

    /// Deleting what is gone succeeds.
    func delete(snapshot id: String) async throws(DriverError) {
        let call = ProviderCall(
            "delete snapshot",
            "DELETE",
            "/v2/sandboxes/snapshots/\(id)",
            repeatability: .idempotentByKey
        )
        do throws(DriverError) {
            try await client.send(call)
        } catch {
            // A 404 about anything but a box, or 410 for what has expired.
            guard error.kind == .invalid || error.kind == .gone else { throw error }
        }
    }
}
