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
    /// `automatic` for those that Vercel takes when a session ends.
    let creationMethod: String?
}

struct CommandDocument: Decodable, Sendable {
    let id: String
    /// Nil while it runs.
    let exitCode: Int32?
}

struct Pagination: Decodable, Sendable {
    let next: String?
}
