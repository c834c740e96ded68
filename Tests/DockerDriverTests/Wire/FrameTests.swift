import NIOCore
import Testing

@testable import DockerDriver

struct FrameTests {
    private static func frame(_ kind: UInt8, _ payload: [UInt8]) -> [UInt8] {
        let count = UInt32(payload.count)
        return [kind, 0, 0, 0, UInt8(count >> 24), UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255)]
            + payload
    }

    /// Whatever pieces they come in.
    @Test(arguments: [1, 2, 3, 7, 8, 9, 64, 1_000])
    func framesAreTakenApart(_ piece: Int) throws {
        let out = (0..<700).map { UInt8($0 % 251) }
        let bytes = Self.frame(1, out) + Self.frame(2, [1, 2, 3]) + Self.frame(1, []) + Self.frame(1, [9])
        var splitter = FrameSplitter()
        var streams: [FrameSplitter.Stream: [UInt8]] = [:]
        for start in stride(from: 0, to: bytes.count, by: piece) {
            splitter.feed(ByteBuffer(bytes: bytes[start..<min(start + piece, bytes.count)]))
            while let (stream, bytes) = try splitter.next() { streams[stream, default: []] += Array(buffer: bytes) }
        }
        #expect(streams == [.stdout: out + [9], .stderr: [1, 2, 3]])
        #expect(splitter.isBetweenFrames)
        splitter.feed(ByteBuffer(bytes: [1, 0, 0]))
        #expect(try splitter.next() == nil)
        #expect(!splitter.isBetweenFrames)
    }

    @Test func whatIsNoFrameIsRefused() {
        var splitter = FrameSplitter()
        splitter.feed(ByteBuffer(string: "HTTP/1.1 200"))
        #expect(throws: FrameSplitter.Malformed.self) { try splitter.next() }
    }
}
