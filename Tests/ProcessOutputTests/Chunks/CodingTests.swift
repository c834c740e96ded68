import NIOCore
import ProcessOutput
import Testing

struct CodingTests {
    private static let batch: ChunkBatch = {
        var composer = ChunkComposer(position: OutputPosition(sequence: 41, stdout: 1_000, stderr: 7, epoch: 2), epoch: 3)
        composer.add(.status, ByteBuffer(string: #"{"status":"attached"}"#), at: 1_800_000_000_123)
        composer.add(ByteBuffer(bytes: (0...255).map { UInt8($0) }), to: .stdout, at: -5)
        composer.add(ByteBuffer(string: "nö"), to: .stderr, at: 1_800_000_000_124)
        composer.add(ByteBuffer(string: "more"), to: .stdout, at: 1_800_000_000_125)
        composer.add(.exit, ByteBuffer(string: #"{"status":"exited"}"#), at: 1_800_000_000_126)
        return composer.next() ?? ChunkBatch(chunks: [], position: OutputPosition())
    }()

    @Test func aBatchIsReadAsItWasWritten() throws {
        let batch = Self.batch
        #expect(batch.header.text == "1;3;42;46;1260;10;e")
        let body = batch.encoded()
        #expect(body.readableBytes == batch.encodedLength)
        #expect(try ChunkBatch(header: batch.header.text, body: body) == batch)
        #expect(batch.chunks.map(\.sequence) == [42, 43, 44, 45, 46])
        #expect(batch.chunks.map(\.offset) == [0, 1_000, 7, 1_256, 0])
    }

    @Test func theStoredBytesAreThoseOfTheDocument() {
        let chunk = Chunk(sequence: 1, type: .stderr, at: 0x0102_0304_0506_0708, offset: 9, payload: ByteBuffer(string: "ab"))
        let batch = ChunkBatch(chunks: [chunk], position: OutputPosition(sequence: 1, stderr: 11))
        let expected: [UInt8] =
            [2, 0, 0, 0, 0, 0, 0, 2] + [1, 2, 3, 4, 5, 6, 7, 8] + [0, 0, 0, 0, 0, 0, 0, 9] + [0x61, 0x62]
        #expect(Array(batch.encoded().readableBytesView) == expected)
        #expect(batch.header.text == "1;0;1;1;0;11;o")
    }

    @Test(arguments: [
        "", ";", "1", "x;1;1;1;0;0;o", "1;1;1;1;0;0", "1;1;1;1;0;0;o;", "1;1;1;1;0;0;x", "1;1;1;1;0;0;", "1;-1;1;1;0;0;o",
        "1;+1;1;1;0;0;o", "1;1;0;1;0;0;o", "1;1;2;1;0;0;o", "1;1;;1;0;0;o", "1; 1;1;1;0;0;o", "1;1;1;99999999999999999999;0;0;o",
        "1;١;1;1;0;0;o",
    ])
    func aDamagedHeaderIsRefused(header: String) {
        #expect(isMalformed { try BatchHeader(header) })
        #expect(isMalformed { try ChunkBatch(header: header, body: Self.batch.encoded()) })
    }

    @Test func aNewerVersionIsNamed() {
        #expect {
            try ChunkBatch(header: "2;anything", body: ByteBuffer(string: "?"))
        } throws: { error in
            guard case OutputError.malformed(let reason) = error else { return false }
            return reason.contains("version is 2")
        }
        #expect(isMalformed { try ChunkBatch(header: nil, body: Self.batch.encoded()) })
    }

    @Test func aHeaderAtTheLimitsIsRead() throws {
        let text = "1;18446744073709551615;18446744073709551615;18446744073709551615;18446744073709551615;0;o"
        #expect(try BatchHeader(text).text == text)
        // Counting on from there must not trap.
        #expect(isMalformed { try ChunkBatch(header: text, body: Self.batch.encoded()) })
        #expect(isMalformed { try ChunkBatch(header: text, body: ByteBuffer()) })
    }

    @Test func everyTruncationIsRefused() {
        let body = Self.batch.encoded()
        for length in 0..<body.readableBytes {
            let cut = body.getSlice(at: 0, length: length) ?? ByteBuffer()
            #expect(isMalformed { try ChunkBatch(header: Self.batch.header.text, body: cut) })
        }
    }

    @Test func damageNeverTraps() {
        let body = Array(Self.batch.encoded().readableBytesView)
        var random = SeededRandom(seed: 1)
        var refused = 0
        for index in body.indices {
            for _ in 0..<8 {
                var damaged = body
                damaged[index] = .random(in: 0...255, using: &random)
                if isMalformed({ try ChunkBatch(header: Self.batch.header.text, body: ByteBuffer(bytes: damaged)) }) {
                    refused += 1
                }
            }
        }
        // Types and lengths of five chunks, offsets of three; payloads and times may change unseen.
        #expect(refused > 350)
    }

    @Test func whatFollowsTheEndIsRefused() {
        let end = Chunk(sequence: 1, type: .exit, at: 0, offset: 0, payload: ByteBuffer())
        let more = Chunk(sequence: 2, type: .status, at: 0, offset: 0, payload: ByteBuffer())
        let body = ChunkBatch(chunks: [end, more], position: OutputPosition()).encoded()
        #expect(isMalformed { try ChunkBatch(header: "1;1;1;2;0;0;e", body: body) })
        let single = ChunkBatch(chunks: [end], position: OutputPosition()).encoded()
        #expect(isMalformed { try ChunkBatch(header: "1;1;1;1;0;0;o", body: single) })
    }
}

private func isMalformed(_ body: () throws -> some Any) -> Bool {
    do {
        _ = try body()
        return false
    } catch OutputError.malformed {
        return true
    } catch {
        return false
    }
}
