import Model
import NIOCore
import Testing

@testable import Gateway

@Suite("JSON")
struct JSONParserTests {
    @Test(arguments: [
        ("", 1, 1), ("{", 1, 2), ("{\"a\":1,}", 1, 8), ("[1 2]", 1, 4), ("{\n  \"a\": tru\n}", 2, 8),
        ("{\"a\":1,\"a\":2}", 1, 8), ("\"\u{1}\"", 1, 2), ("01", 1, 2), ("1.", 1, 3), ("+1", 1, 1),
        ("\"\\ud800\"", 1, 8),
        ("\"\\x\"", 1, 3), ("nul", 1, 1), ("{\"é\":x}", 1, 6), ("[] []", 1, 4), ("1e999", 1, 1), ("'a'", 1, 1),
        ("NaN", 1, 1),
    ])
    func whatIsWrongIsFoundWhereItIs(_ text: String, _ line: Int, _ column: Int) throws {
        let fault = try #require(throws: Fault.self) { try JSONParser.parse(Array(text.utf8)) }
        #expect(fault.code == .malformedJSON)
        #expect(fault.details == ["line": "\(line)", "column": "\(column)"], "\(fault.message)")
    }

    @Test func bytesThatAreNotUTF8AreRefused() throws {
        let fault = try #require(throws: Fault.self) { try JSONParser.parse([0x22, 0x61, 0xFF, 0x22]) }
        #expect(fault.details["column"] == "3")
    }

    @Test func depthIsBounded() throws {
        let deep = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        _ = try JSONParser.parse(Array(deep.utf8))
        #expect(throws: Fault.self) { try JSONParser.parse(Array("[\(deep)]".utf8)) }
        #expect(throws: Fault.self) { try JSONParser.parse(Array(repeating: UInt8(ascii: "["), count: 1_000_000)) }
    }

    @Test func numbersAreWholeWhenTheyAre() throws {
        let text = "[1e3,1000.0,-0,9223372036854775807,0.5,-1.5e-3]"
        #expect(
            try JSONParser.parse(Array(text.utf8))
                == [1000, 1000, 0, .integer(.max), .number(0.5), .number(-0.0015)]
        )
    }

    @Test func escapesAreRead() throws {
        let text = #""\"\\\/\b\f\n\r\t\u0041\u00e9\ud83d\ude00\u0000""#
        #expect(try JSONParser.parse(Array(text.utf8)) == .string("\"\\/\u{8}\u{c}\n\r\tAé😀\0"))
    }

    @Test func whatIsWrittenIsReadAgain() throws {
        var random = Seeded(seed: 7)
        for _ in 0..<500 {
            let value = JSONValue.random(depth: 4, using: &random)
            #expect(try JSONParser.parse(Array(buffer: value.encoded)) == value)
        }
    }

    @Test func theCanonicalFormIgnoresOrderAndNothingElse() throws {
        let first = try JSONParser.parse(Array(#"{"a":{"x":1,"y":[1,2]},"b":null}"#.utf8))
        let same = try JSONParser.parse(Array(#"{ "b" : null, "a": {"y":[1.0,2],"x":1e0} }"#.utf8))
        let other = try JSONParser.parse(Array(#"{"a":{"x":1,"y":[2,1]},"b":null}"#.utf8))
        #expect(first.canonical.encoded == same.canonical.encoded)
        #expect(first.canonical.encoded != other.canonical.encoded)
    }
}

/// Repeatable randomness (SplitMix64).
struct Seeded: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension String {
    static func random(using random: inout Seeded) -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "z", "\"", "\\", "\n", "\u{0}", "\u{1f}", "\u{7f}", "é", "€", "😀", " ", "/",
        ]
        var text = ""
        for _ in 0..<Int.random(in: 0...40, using: &random) {
            text.unicodeScalars.append(scalars[Int.random(in: 0..<scalars.count, using: &random)])
        }
        return text
    }
}

extension JSONValue {
    fileprivate static func random(depth: Int, using random: inout Seeded) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(.random(using: &random))
        case 2: return .integer(.random(in: .min ... .max, using: &random))
        case 3: return .number(0.5 + Double(Int.random(in: -1000...1000, using: &random)))
        case 4: return .string(.random(using: &random))
        case 5:
            return .array(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in Self.random(depth: depth - 1, using: &random) }
            )
        default:
            return .object(
                (0..<Int.random(in: 0...4, using: &random))
                    .map {
                        Member("\($0)" + .random(using: &random), Self.random(depth: depth - 1, using: &random))
                    }
            )
        }
    }
}
