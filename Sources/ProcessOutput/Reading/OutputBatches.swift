/// What an `OutputReader` finds; each iteration reads anew, at most one batch ahead.
package struct OutputBatches: AsyncSequence, Sendable {
    package typealias Element = ChunkBatch

    let reader: OutputReader
    let start: OutputReader.Start

    package func makeAsyncIterator() -> Iterator {
        Iterator(cursor: OutputCursor(reader, from: start))
    }

    package struct Iterator: AsyncIteratorProtocol {
        fileprivate let cursor: OutputCursor

        package mutating func next() async throws -> ChunkBatch? {
            try await cursor.next()?.batch
        }
    }
}
