import FoundationEssentials
import Logging
import Model
import NIOCore
import ProcessOutput
import Store

/// The record of one observed process in the hands of whoever has its turn in this gateway.
///
/// Another gateway may append at the same time: then the tail is read again, and the chunks are numbered anew.
struct ObservedRecord: Sendable {
    /// Numbers of what was appended.
    struct Appended: Sendable {
        var first: UInt64
        var last: UInt64
        /// The first and last message in the stream, where they are known.
        var streamFirst: UInt64?
        var streamLast: UInt64?
        var position: OutputPosition
    }

    private static let attempts = 16

    let process: ProcessRecord
    let source: any OutputSource
    /// How long the stream may take to store it all.
    let patience: Duration

    /// Where the record stands now.
    func standing() async throws -> OutputStanding { try await OutputStanding(of: process, from: source) }

    /// How a record has ended whose row does not know: its writer stored the last chunk, and did not come to the row.
    func untoldEnd() async throws -> (end: ProcessEnd, appended: Appended)? {
        let standing = try await standing()
        guard standing.position.hasEnded else { return nil }
        let stored = source.stored(of: process, from: .sequence(standing.position.sequence))
        while let batch = try await stored.next() {
            guard let chunk = batch.chunks.last, chunk.type.isLast else { continue }
            let end = try ObservedChunks.end(chunk.type, try JSONParser.parse(Array(buffer: chunk.payload)), "$")
            return (
                end,
                Appended(
                    first: chunk.sequence,
                    last: chunk.sequence,
                    streamFirst: standing.tail?.firstStreamSequence,
                    streamLast: standing.tail?.streamSequence,
                    position: batch.position
                )
            )
        }
        return nil
    }

    /// Appends pieces: at the end, or where their sender says that they belong.
    ///
    /// - Parameter sequence: The number that the first one is to get. What was stored under its number before is not stored
    ///   again; a gap is a conflict.
    /// - Throws: `processEnded` after the last chunk, `outputStalled` when the stream does not take it in time.
    func append(_ pieces: [ObservedChunks.Piece], at sequence: UInt64?) async throws -> Appended {
        let patience = patience
        return try await withThrowingTaskGroup(of: Appended?.self) { group in
            defer { group.cancelAll() }
            group.addTask { try await appendOnTail(pieces, at: sequence) }
            group.addTask {
                try await Task.sleep(for: patience)
                return nil
            }
            guard let appended = try await group.next() ?? nil else { throw Self.stalled }
            return appended
        }
    }

    private func appendOnTail(_ pieces: [ObservedChunks.Piece], at sequence: UInt64?) async throws -> Appended {
        var rest = pieces[...]
        var first = sequence
        for _ in 0..<Self.attempts {
            let standing = try await standing()
            var position = standing.position
            if let sequence {
                rest = pieces.dropFirst(try stored(of: pieces.count, numbered: sequence, in: position))
            }
            guard rest.isEmpty || process.isRunning && !position.hasEnded else { throw process.ended }
            let appender = source.appender(for: process, after: standing.tail)
            do {
                for batch in ObservedBatches.pack(rest, after: position) {
                    try await appender.append(batch)
                    first = first ?? batch.firstSequence
                    position = batch.position
                    rest = rest.dropFirst(batch.chunks.count)
                }
                let last = sequence.map { $0 + UInt64(pieces.count) - 1 } ?? position.sequence
                return Appended(
                    first: first ?? last,
                    last: last,
                    streamFirst: appender.firstStreamSequence,
                    streamLast: appender.lastStreamSequence,
                    position: position
                )
            } catch OutputError.outdated {
                continue
            }
        }
        throw Self.stalled
    }

    /// How many of the pieces were stored before under their numbers.
    private func stored(of count: Int, numbered first: UInt64, in position: OutputPosition) throws(Fault) -> Int {
        let next = position.sequence + 1
        guard first <= next else {
            throw Fault(
                .operationConflict,
                "The chunk before is missing.",
                hint: "Send the chunks from nextSeq on.",
                details: ["processId": process.id.rawValue, "nextSeq": "\(next)"]
            )
        }
        return min(count, Int(clamping: next - first))
    }

    private static let stalled = Fault(
        .outputStalled,
        "The output cannot be stored at the moment; whether some of it was is not known.",
        hint: "Repeat the request with seq: what is stored is not stored twice.",
        retryAfter: 2
    )
}

/// Chunks of an observed process on their way into the stream.
enum ObservedBatches {
    static func pack(_ pieces: ArraySlice<ObservedChunks.Piece>, after start: OutputPosition) -> [ChunkBatch] {
        guard !pieces.isEmpty else { return [] }
        var position = start
        // Nobody's lease.
        position.epoch = 0
        var batches: [ChunkBatch] = []
        var chunks: [Chunk] = []
        var length = 0
        for piece in pieces {
            let chunk = chunk(of: piece, after: position)
            let added = Chunk.headerLength + chunk.payload.readableBytes
            if length + added > ChunkBatch.maximumLength {
                batches.append(ChunkBatch(chunks: chunks, position: position))
                (chunks, length) = ([], 0)
            }
            position.sequence = chunk.sequence
            switch chunk.type {
            case .stdout: position.stdout += UInt64(chunk.payload.readableBytes)
            case .stderr: position.stderr += UInt64(chunk.payload.readableBytes)
            default: position.hasEnded = chunk.type.isLast
            }
            chunks.append(chunk)
            length += added
        }
        batches.append(ChunkBatch(chunks: chunks, position: position))
        return batches
    }

    private static func chunk(of piece: ObservedChunks.Piece, after position: OutputPosition) -> Chunk {
        let payload =
            switch piece.content {
            case .output(let bytes): bytes
            case .object(let value): value.encoded
            case .end(let end): end.chunk(at: position).encoded
            }
        let offset = piece.type == .stdout ? position.stdout : piece.type == .stderr ? position.stderr : 0
        return Chunk(sequence: position.sequence + 1, type: piece.type, at: piece.at, offset: offset, payload: payload)
    }
}
