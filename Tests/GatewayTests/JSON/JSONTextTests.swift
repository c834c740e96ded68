import FoundationEssentials
import NIOCore
import Testing

@testable import Gateway

@Suite("Spelling of strings and bytes")
struct JSONTextTests {
    @Test func whatIsEscapedIsReadAgainHoweverLong() throws {
        var random = Seeded(seed: 21)
        for round in 0..<400 {
            // Around the sizes at which eight bytes, or a block, are full.
            let length = [0, 1, 7, 8, 9, 63, 4095, 4096, 4097, 70_000][round % 10]
            var text = ""
            while text.utf8.count < length { text += String.random(using: &random) }
            var buffer = ByteBuffer()
            JSONText.write(text, into: &buffer)
            #expect(try JSONParser.parse(Array(buffer: buffer)) == .string(text))
        }
    }

    @Test func everyByteOfASCIIHasItsEscape() throws {
        for byte in UInt8(0)..<128 {
            for place in 0..<9 {
                var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: 17)
                bytes[place] = byte
                var buffer = ByteBuffer()
                bytes.withUnsafeBytes { JSONText.write($0, into: &buffer) }
                #expect(try JSONParser.parse(Array(buffer: buffer)) == .string(String(decoding: bytes, as: UTF8.self)))
            }
        }
    }

    @Test func longEscapesAreCounted() {
        var random = Seeded(seed: 22)
        for _ in 0..<500 {
            let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in UInt8.random(in: 0...60, using: &random) }
            let long = bytes.filter { $0 < 0x20 && ![0x08, 0x09, 0x0A, 0x0C, 0x0D].contains($0) }.count
            #expect(bytes.withUnsafeBytes { JSONText.longEscapes(in: $0, upTo: .max - 1) } == long)
            let isMany = bytes.withUnsafeBytes { JSONText.longEscapes(in: $0, upTo: 2) } > 2
            #expect(isMany == (long > 2))
        }
    }

    @Test func base64IsFoundations() {
        var random = Seeded(seed: 23)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            var buffer = ByteBuffer()
            bytes.withUnsafeBytes { Base64Text.write($0, into: &buffer) }
            #expect(String(buffer: buffer) == Data(bytes).base64EncodedString())
        }
    }
}
