import FoundationEssentials
import Testing

@testable import Gateway

@Suite("Times")
struct TimeTests {
    @Test func theyAreSpelledAsFoundationSpellsThem() {
        var random = Seeded(seed: 9)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for _ in 0..<2_000 {
            let milliseconds = Int64.random(in: -11_000_000_000_000...250_000_000_000_000, using: &random)
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000 + 0.000_2)
            #expect(ISO8601.string(milliseconds: milliseconds) == date.formatted(style))
        }
        #expect(ISO8601.string(milliseconds: 951_782_400_000) == "2000-02-29T00:00:00.000Z")
    }

    @Test func headersHaveTheirOwnForm() {
        #expect(HTTPDate.string(seconds: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    }
}
