import FoundationEssentials
import Hummingbird
import NIOCore
import ProcessOutput

/// Where the chunks of one answer go: cut, spelled, and written as fast as the client takes them.
struct OutputSink: Sendable {
    private var spelling: ChunkSpelling
    private let cut: OutputCut
    /// Where the record stands after what was written.
    private(set) var position: OutputPosition
    /// Nothing was written yet, and the bytes before the start are not counted.
    private(set) var isFresh = true

    /// - Parameter from: The number of what is written first.
    init(spelling: ChunkSpelling, cut: OutputCut, from sequence: UInt64) {
        self.spelling = spelling
        self.cut = cut
        position = OutputPosition(sequence: sequence - 1)
    }

    @concurrent mutating func write(_ batch: ChunkBatch, to writer: inout any ResponseBodyWriter) async throws {
        position = batch.position
        isFresh = false
        spelling.add(cut.wanted(of: batch))
        while let piece = spelling.next() { try await writer.write(piece) }
    }

    /// Ends the answer with a chunk that is stored nowhere.
    @concurrent mutating func end(with payload: JSONValue, to writer: inout any ResponseBodyWriter) async throws {
        let chunk = Chunk(
            sequence: position.sequence + 1,
            type: .error,
            at: Self.now,
            offset: 0,
            payload: payload.encoded
        )
        position.hasEnded = true
        spelling.add([chunk])
        while let piece = spelling.next() { try await writer.write(piece) }
    }

    @concurrent func heartbeat(to writer: inout any ResponseBodyWriter) async throws {
        try await writer.write(spelling.heartbeat(at: Self.now))
    }

    private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }
}
