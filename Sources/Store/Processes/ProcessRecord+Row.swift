import FoundationEssentials
import Model
import PostgresClient

extension ProcessRecord {
    private static let names = [
        "id", "sandbox_id", "workspace_id", "kind", "mode", "observed", "status", "exit_code", "signal", "reason",
        "message", "output_open", "command", "args", "cwd", "terminal", "timeout_ms", "stored_limit", "kills_at_limit",
        "operation_id", "epoch", "box_id",
        "provider", "external_id", "metadata", "stdout_bytes", "stderr_bytes", "chunk_count", "output_state",
        "stream_first", "stream_last", "started_at", "exited_at",
    ]

    /// What every statement that returns a record selects first, in this order: rows are read by position.
    static let columns = columns(of: "p")

    static func columns(of table: String) -> String {
        names.map { "\(table).\($0)" }.joined(separator: ", ")
    }

    init(_ row: PostgresRow) throws {
        var cells = RowReader(row)
        id = try cells.identifier()
        sandbox = try cells.identifier()
        workspace = try cells.identifier()
        kind = try cells.word()
        mode = try cells.word()
        isObserved = try cells.next()
        status = try cells.word()
        exitCode = try cells.next()
        signal = try cells.next()
        reason = try cells.next()
        message = try cells.next()
        outputOpen = try cells.next()
        command = try cells.next()
        arguments = try cells.next()
        cwd = try cells.next()
        hasTerminal = try cells.next()
        timeoutMs = try cells.next()
        storedLimit = try cells.next()
        killsAtLimit = try cells.next()
        operation = try cells.next()
        epoch = try cells.count()
        box = try cells.optionalIdentifier()
        provider = try cells.next()
        externalID = try cells.next()
        metadata = try cells.labels()
        stdoutBytes = try cells.count() ?? 0
        stderrBytes = try cells.count() ?? 0
        chunkCount = try cells.count() ?? 0
        outputState = try cells.word()
        streamFirst = try cells.count()
        streamLast = try cells.count()
        startedAt = try cells.next()
        exitedAt = try cells.next()
    }
}

/// Reads a row from left to right: a wide row by names would be compared with every one of them.
private struct RowReader {
    private let row: PostgresRow
    private var position = 0

    init(_ row: PostgresRow) {
        self.row = row
    }

    mutating func next<Value: PostgresDecodable>() throws -> Value {
        defer { position += 1 }
        return try row.get(position, as: Value.self)
    }

    /// A number that is never negative.
    mutating func count() throws -> UInt64? {
        guard let value: Int64 = try next() else { return nil }
        return UInt64(clamping: value)
    }

    mutating func word<Word: RawRepresentable>() throws -> Word where Word.RawValue == String {
        guard let value = Word(rawValue: try next()) else {
            throw StoreError(.internal, "column \(position) of a process holds an unknown word")
        }
        return value
    }

    mutating func identifier<Kind>() throws -> Identifier<Kind> {
        guard let value: Identifier<Kind> = try optionalIdentifier() else {
            throw StoreError(.internal, "column \(position) of a process holds no id")
        }
        return value
    }

    mutating func optionalIdentifier<Kind>() throws -> Identifier<Kind>? {
        guard let text: String = try next() else { return nil }
        guard let value = Identifier<Kind>(text) else {
            throw StoreError(.internal, "column \(position) of a process holds no id")
        }
        return value
    }

    mutating func labels() throws -> [String: String] {
        let json: PostgresJSON = try next()
        // Most have none, and a decoder is dear.
        return json.text == "{}" ? [:] : try json.decode()
    }
}
