/// A sandbox with its newest session.
struct SandboxAnswer: Decodable, Sendable {
    let sandbox: SandboxDocument
    let session: SessionDocument
    let routes: [RouteDocument]?
}

/// The name, which outlives its sessions.
struct SandboxDocument: Decodable, Sendable {
    let name: String
    let currentSessionId: String
    /// What its next session begins with.
    let currentSnapshotId: String?
    let status: String
    let persistent: Bool?
    let tags: [String: String]?
}

/// One run of its machine; times and durations are milliseconds.
struct SessionDocument: Decodable, Sendable {
    let id: String
    let status: String
    let timeout: Int64?
    let startedAt: Int64?
}

/// Where a port is reached from outside.
struct RouteDocument: Decodable, Sendable {
    let url: String
    let port: Int
}

struct SnapshotDocument: Decodable, Sendable {
    let id: String
    let sourceSessionId: String
    let status: String
    let sizeBytes: Int64?
    /// Milliseconds of Unix time.
    let createdAt: Int64
    /// Nil is never.
    let expiresAt: Int64?
    /// An expiry is counted from it.
    let lastUsedAt: Int64?
    /// `automatic` for those that Vercel takes when a session ends.
    let creationMethod: String?

    /// What Vercel keeps, or we with a stop, so that a box can go on: it belongs to its sandbox, and is no archive.
    var isOfItsSandbox: Bool {
        if creationMethod == "automatic" { return true }
        guard let expiresAt else { return false }
        // A day of grace; whatever is meant to stay stays much longer.
        return expiresAt - max(createdAt, lastUsedAt ?? 0) <= (Self.stopExpiration + .seconds(86_400)).milliseconds
    }

    /// How long the snapshot lives with which a box is stopped that Vercel does not save.
    static let stopExpiration = Duration.seconds(7 * 86_400)
}

struct CommandDocument: Decodable, Sendable {
    let id: String
    /// Nil while it runs.
    let exitCode: Int32?
}

struct Pagination: Decodable, Sendable {
    let next: String?
}
