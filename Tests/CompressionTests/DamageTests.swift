import Compression
import NIOCore
import Testing

@Suite(.timeLimit(.minutes(2)))
struct DamageTests {
    private let bytes = (0..<2000).map { UInt8(truncatingIfNeeded: $0 * $0 / 7) }

    @Test func noFlippedBitGoesUnnoticed() throws {
        let frame = Array(try compressed(bytes, pieces: 500).readableBytesView)
        var refused = 0
        for index in frame.indices {
            for bit in 0..<8 {
                var damaged = frame
                damaged[index] ^= 1 << bit
                do {
                    // A few bits of the frame's header say nothing about the content.
                    #expect(try restored(ByteBuffer(bytes: damaged), pieces: 4096, limit: 4096) == bytes)
                } catch is ZstdError {
                    refused += 1
                }
            }
        }
        #expect(refused > frame.count * 8 * 9 / 10)
    }

    @Test func everyTruncationIsNoticed() throws {
        let frame = Array(try compressed(bytes, pieces: 500).readableBytesView)
        for length in frame.indices {
            let error = #expect(throws: ZstdError.self) {
                try restored(ByteBuffer(bytes: frame[..<length]), pieces: 100, limit: 4096)
            }
            #expect(error?.code == .truncated)
        }
    }

    @Test func somethingElseIsNoFrame() throws {
        let error = #expect(throws: ZstdError.self) {
            try restored(ByteBuffer(string: "not compressed at all"), pieces: 100, limit: 4096)
        }
        #expect(error?.code == .damaged)
    }

    @Test func frameThatWantsMuchMemoryIsRefused() throws {
        // Magic, a descriptor without a content size, and a window of 128 MiB; then an empty last block.
        let frame: [UInt8] = [0x28, 0xB5, 0x2F, 0xFD, 0x00, 17 << 3, 0x01, 0x00, 0x00]
        let error = #expect(throws: ZstdError.self) {
            try restored(ByteBuffer(bytes: frame), pieces: 100, limit: 4096)
        }
        #expect(error?.code == .unsupported)
    }

    /// A gigabyte of zeros in a few dozen kilobytes.
    @Test func bombNeverFillsMemory() throws {
        var compressor = try ZstdCompressor()
        var frame = ByteBuffer()
        let zeros = ByteBuffer(repeating: 0, count: 1 << 20)
        for _ in 0..<1024 { try compressor.compress(zeros, into: &frame) }
        try compressor.finish(into: &frame)
        #expect(frame.readableBytes < 200_000)

        var decompressor = try ZstdDecompressor()
        var output = ByteBuffer()
        var total = 0
        while true {
            output.clear()
            let progress = try decompressor.decompress(&frame, into: &output, atMost: 65_536)
            total += output.readableBytes
            #expect(output.capacity <= 1 << 20)
            guard progress != .finished else { break }
            try #require(progress == .hasMore)
        }
        #expect(total == 1 << 30)
    }
}
