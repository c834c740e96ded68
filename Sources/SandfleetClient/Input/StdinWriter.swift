import CurlTransport
import NIOCore

/// Writes a process's input by offsets: what is sent again after a broken connection is not read twice.
struct StdinWriter {
    private struct State: Decodable {
        let offset: Int
        let ended: Bool
    }

    /// One request's share; only this much is held, and sent again when an answer is lost.
    static let largestPiece = 256 << 10
    private static let shortestPause = Duration.milliseconds(20)
    private static let longestPause = Duration.seconds(1)

    private let connection: APIConnection
    private let process: String
    private var patience: Patience
    private(set) var offset: Int

    /// Makes a writer that continues at an offset; nil asks where the process's input stands.
    init(_ connection: APIConnection, process: String, offset: Int?) async throws {
        self.connection = connection
        self.process = process
        patience = connection.patience()
        self.offset = offset ?? 0
        if offset == nil { self.offset = try await send(ByteBuffer(), at: nil, ends: false).offset }
    }

    /// Writes all of the bytes, at the pace at which the process reads them.
    mutating func write(_ bytes: ByteBuffer, end: Bool = false) async throws {
        var rest = bytes
        var hasEnded = !end
        var pause = Self.shortestPause
        while rest.readableBytes > 0 || !hasEnded {
            let size = min(rest.readableBytes, Self.largestPiece)
            let piece = rest.getSlice(at: rest.readerIndex, length: size) ?? ByteBuffer()
            let isLast = size == rest.readableBytes
            let state = try await send(piece, at: offset, ends: end && isLast)
            let taken = state.offset - offset
            guard (0...size).contains(taken) else {
                throw SandfleetError(
                    .stdinOffset,
                    "somebody else writes to the process's input as well",
                    details: ["offset": .integer(state.offset)]
                )
            }
            offset = state.offset
            rest.moveReaderIndex(forwardBy: taken)
            if state.ended, rest.readableBytes == 0 { hasEnded = true }
            guard taken == 0, rest.readableBytes > 0 || !hasEnded else {
                pause = Self.shortestPause
                continue
            }
            // The process does not read: there is no hurry to offer the same bytes again.
            try await Task.sleep(for: pause)
            pause = min(pause * 2, Self.longestPause)
        }
    }

    private mutating func send(_ bytes: ByteBuffer, at offset: Int?, ends: Bool) async throws -> State {
        let query = [("offset", offset.map(String.init)), ("end", ends ? "true" : nil)]
        var request = APIRequest("POST", ["v1", "processes", process, "stdin"], query: query)
        request.headers["Content-Type"] = "application/octet-stream"
        request.body = bytes.readableBytes == 0 ? .none : .bytes(bytes)
        // Without bytes it only asks, or ends; with bytes it has an offset.
        request.isRepeatable = true
        return try await connection.value(request, patience: &patience)
    }
}
