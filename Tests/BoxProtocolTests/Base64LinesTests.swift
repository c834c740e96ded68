import BoxProtocol
import Testing

@Suite struct Base64LinesTests {
    @Test func whatIsKnownOfRFC4648() {
        let words = ["": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "foobar": "Zm9vYmFy"]
        for (plain, text) in words {
            #expect(Base64Lines.encode(plain.utf8) == Array((text + "\n").utf8))
        }
    }

    @Test func piecesOfAnySizeGiveTheSameBytes() {
        let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 3) }
        let text = bytes[..<4_001] + []
        let lines = Base64Lines.encode(text) + Base64Lines.encode(bytes[4_001..<9_000]) + Base64Lines.encode(bytes[9_000...])
        for size in [1, 2, 3, 5, 64, 1_000, 20_000] {
            var decoder = Base64Lines.Decoder()
            var decoded: [UInt8] = []
            var rest = lines[...]
            while !rest.isEmpty {
                decoded += decoder.decode(rest.prefix(size)) ?? []
                rest = rest.dropFirst(size)
            }
            #expect(decoded == bytes)
        }
    }

    @Test(arguments: ["Zg=\n", "Z\n", "Zg==Zg==\n", "Zm9v Zm9v\n", "a-b_\n"]) func whatIsNotBase64IsRefused(_ text: String) {
        var decoder = Base64Lines.Decoder()
        #expect(decoder.decode(text.utf8) == nil)
    }

    @Test func terminalsEndLinesWithTwoCharacters() {
        var decoder = Base64Lines.Decoder()
        #expect(decoder.decode("Zm9v\r\nZg==\r\n".utf8) == Array("foof".utf8))
    }
}
