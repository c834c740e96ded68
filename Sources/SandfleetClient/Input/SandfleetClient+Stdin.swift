public import NIOCore

extension SandfleetClient {
    /// Writes bytes to a process's input, and returns when the process's pipe has taken all of them.
    ///
    /// What is sent again after a broken connection is not read twice. There is one writer at a time.
    ///
    /// - Parameters:
    ///   - bytes: What to write.
    ///   - id: The process's id.
    ///   - offset: How many bytes were written before; nil asks the process.
    ///   - end: Whether nothing follows.
    /// - Returns: How many bytes have been written in all.
    /// - Throws: `SandfleetError`; `processEnded` when nobody can read any more.
    @discardableResult
    public func writeStdin(
        _ bytes: ByteBuffer,
        to id: String,
        at offset: Int? = nil,
        end: Bool = false
    ) async throws -> Int {
        var writer = try await StdinWriter(connection, process: id, offset: offset)
        try await writer.write(bytes, end: end)
        return writer.offset
    }

    /// Writes bytes to a process's input as they come, at the pace at which the process reads them.
    ///
    /// - Parameters:
    ///   - source: What to write; iterated once, and not read further than the process reads.
    ///   - id: The process's id.
    ///   - offset: How many bytes were written before; nil asks the process.
    ///   - end: Whether nothing follows after the source's end.
    /// - Returns: How many bytes have been written in all.
    /// - Throws: `SandfleetError`; `processEnded` when nobody can read any more. Also whatever the source throws.
    @discardableResult
    public func writeStdin<Source: AsyncSequence>(
        _ source: Source,
        to id: String,
        at offset: Int? = nil,
        end: Bool = true
    ) async throws -> Int where Source.Element == ByteBuffer {
        var writer = try await StdinWriter(connection, process: id, offset: offset)
        for try await bytes in source { try await writer.write(bytes) }
        if end { try await writer.write(ByteBuffer(), end: true) }
        return writer.offset
    }

    /// Ends a process's input: it reads what was written, and then the end.
    public func endStdin(of id: String) async throws {
        try await writeStdin(ByteBuffer(), to: id, end: true)
    }
}
