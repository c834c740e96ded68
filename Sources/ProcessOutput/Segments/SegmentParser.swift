import Model
import NIOCore

/// Reads the plain bytes of an archived piece: a state machine that is fed as bytes come.
///
/// Holds one batch and what came with it at most.
struct SegmentParser {
    enum Step {
        case batch(ChunkBatch)
        case needsMore
        /// All batches were given out, and the piece says that these are all.
        case end
    }

    private enum Stage {
        case head
        case batches
        case ended
    }

    private let segment: SegmentReference
    private var bytes = ByteBuffer()
    private var stage = Stage.head
    private var last: UInt64
    private var count: UInt64 = 0

    init(_ segment: SegmentReference) {
        self.segment = segment
        last = segment.firstSequence &- 1
    }

    mutating func add(_ more: ByteBuffer) {
        bytes.discardReadBytes()
        bytes.writeImmutableBuffer(more)
    }

    mutating func next() throws(OutputError) -> Step {
        while true {
            switch stage {
            case .head:
                guard try readHead() else { return .needsMore }
                stage = .batches
            case .batches:
                guard let length = bytes.getInteger(at: bytes.readerIndex, as: UInt16.self) else { return .needsMore }
                if length > 0 {
                    guard let batch = try readBatch(headerLength: Int(length)) else { return .needsMore }
                    return .batch(batch)
                }
                guard try readEnd() else { return .needsMore }
                stage = .ended
            case .ended:
                guard bytes.readableBytes == 0 else { throw .malformed("an archived piece goes on after its end") }
                return .end
            }
        }
    }

    private mutating func readHead() throws(OutputError) -> Bool {
        guard bytes.readableBytes >= SegmentFormat.headLength else { return false }
        guard bytes.readInteger(as: UInt32.self) == SegmentFormat.magic else {
            throw .malformed("an archived piece begins with something else")
        }
        guard let version = bytes.readInteger(as: UInt16.self), version == SegmentFormat.version else {
            throw .malformed("an archived piece has another version")
        }
        let process = bytes.readString(length: SegmentFormat.processLength).flatMap { ProcessID($0) }
        guard let process, segment.object.hasPrefix(SegmentFormat.folder(of: process)) else {
            throw .malformed("an archived piece is another process's")
        }
        guard bytes.readInteger(as: UInt64.self) == segment.firstSequence else {
            throw .malformed("an archived piece begins with another chunk")
        }
        return true
    }

    private mutating func readBatch(headerLength: Int) throws(OutputError) -> ChunkBatch? {
        guard headerLength <= SegmentFormat.maximumHeaderLength else {
            throw .malformed("an archived batch has a header of \(headerLength) bytes")
        }
        let lengthIndex = bytes.readerIndex + 2 + headerLength
        guard let length = bytes.getInteger(at: lengthIndex, as: UInt32.self) else { return nil }
        guard length <= ChunkBatch.maximumLength else {
            throw .malformed("an archived batch has a body of \(length) bytes")
        }
        guard
            lengthIndex + 4 + Int(length) <= bytes.writerIndex,
            let header = bytes.getString(at: bytes.readerIndex + 2, length: headerLength),
            let body = bytes.viewBytes(at: lengthIndex + 4, length: Int(length))
        else { return nil }
        // A copy, so that a reader of a few bytes does not hold everything that came with them.
        let batch = try ChunkBatch(header: header, body: ByteBuffer(bytes: body))
        bytes.moveReaderIndex(to: lengthIndex + 4 + Int(length))
        guard batch.firstSequence == last + 1, batch.lastSequence <= segment.lastSequence else {
            throw .malformed("an archived piece has chunk \(batch.firstSequence) after \(last)")
        }
        last = batch.lastSequence
        count += 1
        return batch
    }

    private mutating func readEnd() throws(OutputError) -> Bool {
        guard bytes.readableBytes >= SegmentFormat.endLength else { return false }
        guard let end = bytes.readMultipleIntegers(as: (UInt16, UInt64, UInt64).self) else { return false }
        guard end.1 == last, end.2 == count, last == segment.lastSequence else {
            throw .malformed("an archived piece lacks chunks")
        }
        return true
    }
}
