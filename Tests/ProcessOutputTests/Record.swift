import NIOConcurrencyHelpers
import NIOCore
import ProcessOutput
import Testing

/// What batches say when they are put together; fails the test when something is missing or doubled.
struct Record {
    var stdout = ByteBuffer()
    var stderr = ByteBuffer()
    var position = OutputPosition()
    var epochs: [UInt64] = []

    init(_ batches: [ChunkBatch] = []) throws {
        for batch in batches { try add(batch) }
    }

    /// Whether a batch of the test's writer comes next, without keeping it.
    mutating func check(_ batch: ChunkBatch) throws {
        for chunk in batch.chunks {
            try #require(chunk.sequence == position.sequence + 1)
            if chunk.type == .stdout { try #require(chunk.payload.readableBytesView.first == UInt8(truncatingIfNeeded: position.sequence)) }
            position.sequence = chunk.sequence
        }
    }

    mutating func add(_ batch: ChunkBatch) throws {
        try #require(!position.hasEnded)
        for chunk in batch.chunks {
            try #require(chunk.sequence == position.sequence + 1)
            position.sequence = chunk.sequence
            switch chunk.type {
            case .stdout:
                try #require(chunk.offset == UInt64(stdout.readableBytes))
                stdout.writeImmutableBuffer(chunk.payload)
            case .stderr:
                try #require(chunk.offset == UInt64(stderr.readableBytes))
                stderr.writeImmutableBuffer(chunk.payload)
            default: break
            }
        }
        try #require(batch.position.epoch >= position.epoch)
        position = batch.position
        try #require(position.stdout == UInt64(stdout.readableBytes) && position.stderr == UInt64(stderr.readableBytes))
        epochs.append(position.epoch)
    }
}

/// Values in the order in which they came.
final class Recorder<Value: Sendable>: Sendable {
    private let state = NIOLockedValueBox<[Value]>([])

    var values: [Value] { state.withLockedValue { $0 } }

    func add(_ value: Value) { state.withLockedValue { $0.append(value) } }
}
