import Testing

@testable import Agent

@Suite struct JSONTests {
    @Test func documentsComeBackAsTheyWere() throws {
        let text = #"{"a":[1,-2.5,true,null],"b":{"c":"x\"\\\n\u0001é😀"},"d":[],"e":{}}"#
        let json = try JSON(Array(text.utf8))
        #expect(json.text == text)
        #expect(try JSON(Array(json.readableText.utf8)) == json)
        #expect(try JSON(Array(#""\ud83d\ude00\/""#.utf8)) == .string("😀/"))
    }

    @Test(arguments: [
        "", "{", "[1,]", "{\"a\" 1}", "{\"a\":1,\"a\":2}", "nul", "01x", "\"a", "\"\\x\"", "\"\\ud800\"", "[1] 2", "\"\n\"",
        String(repeating: "[", count: 100), "1e999", "\"\\u12\"",
    ])
    func whatIsNoDocumentIsRefused(_ text: String) {
        #expect(throws: JSONError.self) { try JSON(Array(text.utf8)) }
    }

    @Test func aPlaceIsNamed() throws {
        let error = try #require(throws: JSONError.self) { try JSON(Array("{\n\n\"a\": tru}".utf8)) }
        #expect(error.line == 3)
    }
}
