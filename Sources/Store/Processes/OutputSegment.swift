package import Model
import PostgresClient

/// One archived piece of a process's output.
package struct OutputSegment: Sendable, Hashable {
    package var process: ProcessID
    package var firstSequence: UInt64
    package var lastSequence: UInt64
    /// Offsets before the segment, and after it.
    package var stdoutStart: UInt64
    package var stdoutEnd: UInt64
    package var stderrStart: UInt64
    package var stderrEnd: UInt64
    /// The stream sequence of the last message in it.
    package var streamSequence: UInt64
    /// The object's name in the archive store.
    package var object: String
    package var bytes: Int64

    package init(
        process: ProcessID,
        firstSequence: UInt64,
        lastSequence: UInt64,
        stdoutStart: UInt64,
        stdoutEnd: UInt64,
        stderrStart: UInt64,
        stderrEnd: UInt64,
        streamSequence: UInt64,
        object: String,
        bytes: Int64
    ) {
        self.process = process
        self.firstSequence = firstSequence
        self.lastSequence = lastSequence
        self.stdoutStart = stdoutStart
        self.stdoutEnd = stdoutEnd
        self.stderrStart = stderrStart
        self.stderrEnd = stderrEnd
        self.streamSequence = streamSequence
        self.object = object
        self.bytes = bytes
    }
}

/// A process whose output should move to the archive.
package struct ArchivableProcess: Sendable, Hashable {
    package var process: ProcessRecord
    /// Where the last segment ended; nil when there is none.
    package var lastSegment: OutputSegment?
}

extension OutputSegment {
    static let names = [
        "process_id", "first_seq", "last_seq", "stdout_start", "stdout_end", "stderr_start", "stderr_end", "stream_seq",
        "object", "bytes",
    ]

    init(_ row: PostgresRow) throws {
        func number(_ column: String) throws -> UInt64 {
            UInt64(clamping: try row.get(column, as: Int64.self))
        }
        self.init(
            process: try row.identifier("process_id"),
            firstSequence: try number("first_seq"),
            lastSequence: try number("last_seq"),
            stdoutStart: try number("stdout_start"),
            stdoutEnd: try number("stdout_end"),
            stderrStart: try number("stderr_start"),
            stderrEnd: try number("stderr_end"),
            streamSequence: try number("stream_seq"),
            object: try row.get("object", as: String.self),
            bytes: try row.get("bytes", as: Int64.self)
        )
    }
}
