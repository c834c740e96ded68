/// The bytes of one output stream that nobody has acknowledged yet: the older ones in a spool, if there is one, the newer ones
/// in memory.
package struct OutputLog {
    /// Small reads are merged up to this size, so that a process that writes byte by byte does not cost an array per
    /// byte.
    private static let mergeLimit = 4096

    private var chunks: [ArraySlice<UInt8>] = []
    private var firstChunk = 0

    /// Offset of the first byte that is in memory; equal to `start` where nothing is spooled.
    private var memoryStart: UInt64 = 0
    private var spooled: SpooledOutput?

    /// Offset of the first byte that is held.
    package private(set) var start: UInt64 = 0

    /// Offset behind the last byte.
    package private(set) var end: UInt64 = 0

    package init() {}

    /// In memory.
    var heldBytes: Int { Int(end - memoryStart) }

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

    /// Moves what is in memory into the spool, as far as there is room.
    mutating func spill(into spool: Spool) throws(SystemError) {
        let spooled = self.spooled ?? SpooledOutput(spool)
        self.spooled = spooled
        while memoryStart < end {
            let (chunk, position) = (chunks[firstChunk], memoryStart)
            let taken = try chunk.withUnsafeBufferPointer { bytes throws(SystemError) in
                try spooled.append(UnsafeRawBufferPointer(bytes), at: position)
            }
            guard taken > 0 else { return }
            forgetMemory(upTo: position + UInt64(taken))
        }
    }

    /// Forgets everything before `offset`.
    ///
    /// Going back, or beyond the end, is not possible and changes nothing beyond that.
    mutating func acknowledge(upTo offset: UInt64) {
        let offset = min(offset, end)
        guard offset > start else { return }
        start = offset
        spooled?.acknowledge(upTo: offset)
        forgetMemory(upTo: offset)
    }

    private mutating func forgetMemory(upTo offset: UInt64) {
        while memoryStart < offset {
            let count = UInt64(chunks[firstChunk].count)
            if memoryStart + count <= offset {
                chunks[firstChunk] = []
                firstChunk += 1
                memoryStart += count
            } else {
                chunks[firstChunk] = chunks[firstChunk].dropFirst(Int(offset - memoryStart))
                memoryStart = offset
            }
        }
        if firstChunk == chunks.count || firstChunk >= 64 {
            chunks.removeFirst(firstChunk)
            firstChunk = 0
        }
    }

    /// The bytes from `offset` on, at most `limit` of them and no more than lie together; empty at the end.
    ///
    /// Throws when the spool cannot be read.
    package func bytes(from offset: UInt64, limit: Int) throws(SystemError) -> ArraySlice<UInt8> {
        guard offset >= start, offset < end else { return [] }
        if offset < memoryStart, let spooled {
            return try spooled.read(from: offset, limit: limit)
        }
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
