/// The bytes of one output stream that nobody has acknowledged yet.
package struct OutputLog {
    /// Small reads are merged up to this size, so that a process that writes byte by byte does not cost an array per
    /// byte.
    private static let mergeLimit = 4096

    private var chunks: [ArraySlice<UInt8>] = []
    private var firstChunk = 0

    /// Offset of the first byte that is held.
    package private(set) var start: UInt64 = 0

    /// Offset behind the last byte.
    package private(set) var end: UInt64 = 0

    package init() {}

    package var heldBytes: Int { Int(end - start) }

    /// Whether everything from `offset` on is held; the end counts.
    package func covers(_ offset: UInt64) -> Bool {
        offset >= start && offset <= end
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty else { return }
        end += UInt64(bytes.count)
        if let last = chunks.indices.last, last >= firstChunk, chunks[last].count + bytes.count <= Self.mergeLimit {
            chunks[last].append(contentsOf: bytes)
        } else {
            chunks.append(ArraySlice(bytes))
        }
    }

    /// Forgets everything before `offset`.
    ///
    /// Going back, or beyond the end, is not possible and changes nothing beyond that.
    mutating func acknowledge(upTo offset: UInt64) {
        let offset = min(offset, end)
        while start < offset {
            let count = UInt64(chunks[firstChunk].count)
            if start + count <= offset {
                chunks[firstChunk] = []
                firstChunk += 1
                start += count
            } else {
                chunks[firstChunk] = chunks[firstChunk].dropFirst(Int(offset - start))
                start = offset
            }
        }
        if firstChunk == chunks.count || firstChunk >= 64 {
            chunks.removeFirst(firstChunk)
            firstChunk = 0
        }
    }

    /// The bytes from `offset` on, at most `limit` of them and no more than lie together; empty at the end.
    package func bytes(from offset: UInt64, limit: Int) -> ArraySlice<UInt8> {
        guard offset >= start, offset < end else { return [] }
        var position = end
        for chunk in chunks[firstChunk...].reversed() {
            position -= UInt64(chunk.count)
            if position <= offset {
                return chunk.dropFirst(Int(offset - position)).prefix(limit)
            }
        }
        return []
    }
}
