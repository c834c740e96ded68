package import ArchiveStore
import Compression
import NIOCore

/// Reads archived pieces from an archive store.
package struct ArchivedSegments: SegmentReading {
    private let archive: (any ArchiveStore)?

    /// - Parameter archive: Nil where none is configured; pieces that are known then cannot be read.
    package init(_ archive: (any ArchiveStore)?) {
        self.archive = archive
    }

    package func batches(of segment: SegmentReference) async throws -> any SegmentBatches {
        guard let archive else { throw OutputError.unavailable("no archive is configured") }
        do {
            return try ArchivedBatches(segment, try await archive.get(segment.object))
        } catch let error as ArchiveError {
            throw OutputError(error, segment)
        }
    }
}

/// One archived piece, restored as it is read: holds a few hundred kilobytes, whatever its length.
private final class ArchivedBatches: SegmentBatches {
    /// How much is restored at once.
    private static let step = 128 * 1024

    private let segment: SegmentReference
    private var pieces: ArchiveObject.AsyncIterator
    private var compressed = ByteBuffer()
    private var decompressor: ZstdDecompressor
    private var parser: SegmentParser

    init(_ segment: SegmentReference, _ object: ArchiveObject) throws {
        self.segment = segment
        pieces = object.makeAsyncIterator()
        decompressor = try ZstdDecompressor()
        parser = SegmentParser(segment)
    }

    func next() async throws -> ChunkBatch? {
        do {
            while true {
                switch try parser.next() {
                case .batch(let batch): return batch
                case .needsMore: try await restore()
                case .end:
                    // The checksum stands at the very end.
                    guard try await isComplete() else { throw OutputError.malformed("an archived piece goes on") }
                    return nil
                }
            }
        } catch let error as ZstdError {
            throw OutputError.malformed("an archived piece is damaged: \(error.message)")
        } catch let error as ArchiveError {
            throw OutputError(error, segment)
        }
    }

    /// Feeds the parser with at least a byte.
    private func restore() async throws {
        while true {
            var plain = ByteBuffer()
            let progress = try decompressor.decompress(&compressed, into: &plain, atMost: Self.step)
            parser.add(plain)
            if plain.readableBytes > 0 { return }
            if progress == .finished { throw OutputError.malformed("an archived piece lacks its end") }
            if progress == .needsInput { try await fetch() }
        }
    }

    /// Whether the frame ends here as well, and the object with it.
    private func isComplete() async throws -> Bool {
        while true {
            var plain = ByteBuffer()
            let progress = try decompressor.decompress(&compressed, into: &plain, atMost: Self.step)
            guard plain.readableBytes == 0 else { return false }
            if progress == .finished {
                let rest = try await pieces.next()
                return compressed.readableBytes == 0 && rest == nil
            }
            if progress == .needsInput { try await fetch() }
        }
    }

    private func fetch() async throws {
        guard let piece = try await pieces.next() else { return try decompressor.finish() }
        compressed = piece
    }
}

extension OutputError {
    fileprivate init(_ error: ArchiveError, _ segment: SegmentReference) {
        self =
            switch error.code {
            case .notFound: .expired(upTo: segment.lastSequence)
            case .damaged, .invalidName: .malformed("an archived piece is damaged: \(error.message)")
            case .full, .unavailable: .unavailable("\(error)")
            }
    }
}
