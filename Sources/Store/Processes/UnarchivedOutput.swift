package import Model
import PostgresClient

/// A process that may have output in the stream that is not in the archive yet.
package struct UnarchivedOutput: Sendable, Hashable {
    package var process: ProcessID
    package var workspace: WorkspaceID
    package var sandbox: SandboxID
    package var isRunning: Bool
    /// A part is in the archive already.
    package var hasSegments: Bool
    /// Its messages before this stream sequence are archived, or there are none; 0 when nothing is known.
    package var streamStart: UInt64
}

extension UnarchivedOutput {
    init(_ row: PostgresRow) throws {
        process = try row.identifier("id")
        workspace = try row.identifier("workspace_id")
        sandbox = try row.identifier("sandbox_id")
        isRunning = try row.get("running", as: Bool.self)
        hasSegments = try row.get("moved", as: Bool.self)
        streamStart = UInt64(clamping: try row.get("stream_start", as: Int64.self))
    }
}
