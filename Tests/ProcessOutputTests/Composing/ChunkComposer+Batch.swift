import ProcessOutput
import Testing

extension ChunkComposer {
    /// The next batch, which has to be there.
    mutating func batch() throws -> ChunkBatch {
        let batch = next()
        return try #require(batch)
    }
}
