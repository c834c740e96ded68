import Model
import NIOCore

/// How an archived piece of a record is written, inside one zstd frame with a checksum.
///
/// Head: magic (4), version (2), process id (26), first chunk (8). Then each batch as it was stored: length of its header
/// (2), header, length of its body (4), body. Then the end: zero (2), last chunk (8), number of batches (8). Big endian.
enum SegmentFormat {
    /// `SFSG`.
    static let magic: UInt32 = 0x5346_5347
    static let version: UInt16 = 1
    static let processLength = 26
    static let headLength = 4 + 2 + processLength + 8
    static let endLength = 2 + 8 + 8
    /// The most that the header of a batch may have; ours have up to about a hundred bytes.
    static let maximumHeaderLength = 1024

    /// What the pieces of one process are below.
    static func folder(of process: ProcessID) -> String { "output/\(process)/" }

    /// Says what is in the object: two writers that mean different pieces do not overwrite each other's.
    static func name(of process: ProcessID, from first: UInt64, goal: UInt64) -> String {
        "\(folder(of: process))\(first)-\(goal)"
    }

    static func head(of process: ProcessID, first: UInt64) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeMultipleIntegers(magic, version)
        bytes.writeString(process.rawValue)
        bytes.writeInteger(first)
        return bytes
    }

    static func record(_ batch: ChunkBatch) -> ByteBuffer {
        let body = batch.encoded()
        let header = batch.header.text
        var bytes = ByteBuffer()
        bytes.reserveCapacity(6 + header.utf8.count + body.readableBytes)
        bytes.writeInteger(UInt16(header.utf8.count))
        bytes.writeString(header)
        bytes.writeInteger(UInt32(body.readableBytes))
        bytes.writeImmutableBuffer(body)
        return bytes
    }

    static func end(last: UInt64, batches: UInt64) -> ByteBuffer {
        var bytes = ByteBuffer()
        bytes.writeMultipleIntegers(UInt16(0), last, batches)
        return bytes
    }
}
