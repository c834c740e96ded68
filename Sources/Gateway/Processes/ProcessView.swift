import Model
package import ProcessOutput
package import Store

/// A process as the API shows it; what is not known is null.
package struct ProcessView: Sendable {
    private var record: ProcessRecord

    package init(_ record: ProcessRecord) {
        self.record = record
    }

    /// While it runs the counts are those of its newest stored chunk; so they are when its row ended without them.
    package init(_ record: ProcessRecord, position: OutputPosition?) {
        self.record = record
        guard let position, record.isRunning || position.sequence > record.chunkCount else { return }
        self.record.stdoutBytes = position.stdout
        self.record.stderrBytes = position.stderr
        self.record.chunkCount = position.sequence
    }

    package var json: JSONValue {
        [
            "id": .string(record.id.rawValue),
            "sandboxId": .string(record.sandbox.rawValue),
            "kind": .string(record.kind.rawValue),
            "mode": .string(record.mode.rawValue),
            "status": .string(record.status.rawValue),
            "exitCode": .orNull(record.exitCode.map { Int64($0) }),
            "signal": .orNull(record.signal),
            "reason": .orNull(record.reason),
            "message": .orNull(record.message),
            "command": .string(record.command),
            "args": record.arguments.map { .strings($0) } ?? .null,
            "cwd": .orNull(record.cwd),
            "pty": .bool(record.hasTerminal),
            "timeoutMs": .orNull(record.timeoutMs),
            "externalProcessId": .orNull(record.externalID),
            "observed": .bool(record.isObserved),
            "stdoutBytes": .integer(Int64(clamping: record.stdoutBytes)),
            "stderrBytes": .integer(Int64(clamping: record.stderrBytes)),
            "chunkCount": .integer(Int64(clamping: record.chunkCount)),
            "outputState": .string(record.outputState.rawValue),
            "outputOpen": .bool(record.outputOpen),
            "startedAt": .string(ISO8601.string(record.startedAt)),
            "exitedAt": .orNull(record.exitedAt.map { ISO8601.string($0) }),
            "metadata": .map(record.metadata),
        ]
    }
}
