import NIOCore

/// How far the reading of a process's output has come.
struct OutputPosition {
    private var next: OutputStart
    /// The number of the last chunk that was delivered.
    private var last = 0

    init(_ start: OutputStart) {
        next = start
    }

    /// What to ask for to get what comes next.
    var query: [(name: String, value: String?)] {
        switch next {
        case .sequence(let number): [("from", String(number))]
        case .offsets(let stdout, let stderr):
            [("stdout", stdout.map(String.init)), ("stderr", stderr.map(String.init))]
        }
    }

    /// Takes a chunk's place, and returns what of it was not delivered before.
    ///
    /// - Throws: `invalidResponse` when something between is missing.
    mutating func take(_ chunk: OutputChunk) throws -> OutputChunk? {
        guard chunk.sequence > last else { return nil }
        switch next {
        case .sequence(let expected):
            // A server may begin earlier than it was asked to.
            guard chunk.sequence >= expected else { return nil }
            guard chunk.sequence == expected else { throw Self.gap("chunk \(expected)", "chunk \(chunk.sequence)") }
            next = .sequence(expected + 1)
            last = chunk.sequence
            return chunk
        case .offsets(var stdout, var stderr):
            let fresh: OutputChunk?
            switch chunk.type {
            case .stdout: fresh = try Self.cut(chunk, &stdout)
            case .stderr: fresh = try Self.cut(chunk, &stderr)
            default: fresh = chunk
            }
            next = .offsets(stdout: stdout, stderr: stderr)
            last = chunk.sequence
            return fresh
        }
    }

    /// Cuts off what lies before the next byte of the chunk's stream.
    private static func cut(_ chunk: OutputChunk, _ next: inout Int?) throws -> OutputChunk? {
        guard let wanted = next, let offset = chunk.offset, var bytes = chunk.bytes else { return nil }
        guard offset <= wanted else { throw gap("byte \(wanted)", "byte \(offset)") }
        let known = wanted - offset
        guard known < bytes.readableBytes else { return nil }
        bytes.moveReaderIndex(forwardBy: known)
        next = wanted + bytes.readableBytes
        var fresh = chunk
        fresh.bytes = bytes
        fresh.offset = wanted
        return fresh
    }

    private static func gap(_ expected: String, _ found: String) -> SandfleetError {
        SandfleetError(.invalidResponse, "the process's output goes on with \(found) instead of \(expected)")
    }
}
