import Compression
import NIOCore
import Testing

@Suite(.timeLimit(.minutes(2)))
struct RoundTripTests {
    @Test(arguments: [0, 1, 7, 4096, 131_072, 131_073, 3_000_000])
    func everyByteComesBack(count: Int) throws {
        var generator = SystemRandomNumberGenerator()
        for isRandom in [true, false] {
            let bytes = (0..<count).map { isRandom ? UInt8.random(in: 0...255, using: &generator) : UInt8($0 / 100 % 7) }
            let frame = try compressed(bytes, pieces: 10_000)
            for limit in [1000, 65_536, 8_000_000] {
                #expect(try restored(frame, pieces: 777, limit: limit) == bytes)
            }
        }
    }

    @Test func patternsAreStoredInLessRoom() throws {
        let frame = try compressed(Array(repeating: 7, count: 1_000_000), pieces: 4096)
        #expect(frame.readableBytes < 1000)
    }

    @Test func oneCompressorMakesOneFrameAfterTheOther() throws {
        var compressor = try ZstdCompressor()
        var output = ByteBuffer()
        for text in ["first", "second"] {
            try compressor.compress(ByteBuffer(string: text), into: &output)
            try compressor.finish(into: &output)
        }
        // What follows a frame is left to whoever reads.
        for text in ["first", "second"] {
            var decompressor = try ZstdDecompressor()
            var restored = ByteBuffer()
            #expect(try decompressor.decompress(&output, into: &restored, atMost: 100) == .finished)
            try decompressor.finish()
            #expect(String(buffer: restored) == text)
        }
        #expect(output.readableBytes == 0)
    }

    @Test func endedFrameTakesNothingMore() throws {
        var frame = try compressed([1, 2, 3], pieces: 3)
        frame.writeString("after")
        var decompressor = try ZstdDecompressor()
        var restored = ByteBuffer()
        #expect(try decompressor.decompress(&frame, into: &restored, atMost: 100) == .finished)
        #expect(try decompressor.decompress(&frame, into: &restored, atMost: 100) == .finished)
        #expect(String(buffer: frame) == "after")
        #expect(restored.readableBytes == 3)
    }
}

func compressed(_ bytes: [UInt8], pieces: Int) throws -> ByteBuffer {
    var compressor = try ZstdCompressor()
    var output = ByteBuffer()
    for start in stride(from: 0, to: bytes.count, by: pieces) {
        try compressor.compress(ByteBuffer(bytes: bytes[start..<min(start + pieces, bytes.count)]), into: &output)
    }
    try compressor.finish(into: &output)
    return output
}

/// Feeds the frame in pieces, and takes at most `limit` bytes at a time.
func restored(_ frame: ByteBuffer, pieces: Int, limit: Int) throws -> [UInt8] {
    var decompressor = try ZstdDecompressor()
    var frame = frame
    var bytes: [UInt8] = []
    reading: while let piece = frame.readSlice(length: min(pieces, frame.readableBytes)), piece.readableBytes > 0 {
        var piece = piece
        while true {
            var output = ByteBuffer()
            let progress = try decompressor.decompress(&piece, into: &output, atMost: limit)
            guard output.readableBytes <= limit else { throw TooMuch() }
            bytes += output.readableBytesView
            if progress == .finished { break reading }
            if progress == .needsInput { break }
        }
    }
    try decompressor.finish()
    return bytes
}

struct TooMuch: Error {}
