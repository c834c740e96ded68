import CurlTransport
import NIOCore

/// What a process does, chunk by chunk, each once and in order; ends after its end.
///
/// When the connection breaks, falls silent, or the gateway is restarted, reading goes on at the next chunk. It ends
/// early, with an error, only when the output is gone (`outputExpired`, `outputTruncated`), was never there
/// (`outOfRange`), or the fleet does not answer for longer than the client's `reconnectLimit`. A reader that is slow
/// slows the connection, and nothing piles up. Letting go of it does nothing to the process.
public struct ProcessOutput: AsyncSequence, Sendable {
    /// One chunk.
    public typealias Element = OutputChunk

    /// The process that it is of.
    public let processId: String

    let connection: APIConnection
    let start: OutputStart
    let follows: Bool
    let onChange: (@Sendable (OutputConnectionChange) -> Void)?

    /// Each iterator reads from the start, over a connection of its own.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(self)
    }

    /// Opens a connection that continues at a position.
    fileprivate func open(at position: OutputPosition) async throws -> OutputConnection {
        let query = position.query + [("follow", follows ? "true" : nil)]
        var request = APIRequest("GET", ["v1", "processes", processId, "output"], query: query)
        request.headers["Accept"] = "application/x-ndjson"
        // Whoever follows hears a heartbeat at least; the others are answered from what is stored.
        request.silenceLimit = connection.silenceLimit
        return OutputConnection(try await connection.open(request).body)
    }

    /// Reads the chunks.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let output: ProcessOutput
        private var position: OutputPosition
        private var patience: Patience
        private var connection: OutputConnection?
        private var isLost = false
        private var hasEnded = false

        fileprivate init(_ output: ProcessOutput) {
            self.output = output
            position = OutputPosition(output.start)
            patience = output.connection.patience()
        }

        /// The next chunk, nil after the last.
        public mutating func next() async throws -> OutputChunk? {
            while !hasEnded {
                do {
                    if let chunk = try await read() { return chunk }
                } catch let error as SandfleetError {
                    connection = nil
                    if !isLost, error.isTransient {
                        isLost = true
                        output.onChange?(.lost(error))
                    }
                    try await patience.wait(after: error)
                }
            }
            return nil
        }

        /// Reads one line; nil when it holds nothing to deliver.
        private mutating func read() async throws -> OutputChunk? {
            if connection == nil { connection = try await output.open(at: position) }
            guard let line = try await connection?.next() else {
                // Whoever follows is told of the end by a chunk. An answer that ends without one has broken off.
                guard !output.follows else { throw OutputConnection.broken }
                hasEnded = true
                return nil
            }
            switch line {
            case .heartbeat:
                worked()
                return nil
            case .failure(let error): throw error
            case .chunk(let chunk):
                guard let fresh = try position.take(chunk) else { return nil }
                worked()
                hasEnded = fresh.isLast
                return fresh
            }
        }

        private mutating func worked() {
            patience.worked()
            guard isLost else { return }
            isLost = false
            output.onChange?(.resumed)
        }
    }
}

/// One answer that output comes over.
private struct OutputConnection {
    static let broken = SandfleetError(.interrupted, "the process's output ended before the process")

    private var body: HTTPTransportResponseBody.AsyncIterator
    private var lines = LineReader()

    init(_ body: HTTPTransportResponseBody) {
        self.body = body.makeAsyncIterator()
    }

    /// The next line; nil at the end of a whole answer.
    mutating func next() async throws -> OutputLine? {
        while true {
            if let line = lines.next() { return try OutputLine(line) }
            var reader = body
            let bytes = try await SandfleetError.translating { try await reader.next() }
            body = reader
            guard let bytes else {
                guard lines.isEmpty else { throw Self.broken }
                return nil
            }
            try lines.append(bytes)
        }
    }
}
