import FoundationEssentials
import Logging
import NIOConcurrencyHelpers
import ServiceHost
import Testing

@Suite("Log lines")
struct LogFormatTests {
    @Test func aJSONLineIsOneObjectWhateverTheMetadataHolds() throws {
        let lines = Collected()
        var logger = Logger(label: "test") { label in
            StandardErrorLog(label: label, level: .info, format: .json, write: lines.add)
        }
        logger[.requestID] = "r\"1\n"
        logger.debug("not shown")
        logger.info("hello", metadata: .keyed([.setting: ["a": "b\u{1}"], .count: "3"]))
        let text = lines.text
        #expect(text.hasSuffix("}\n") && text.filter { $0 == "\n" }.count == 1)
        let line = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
        #expect(line.level == "info" && line.message == "hello" && line.requestID == "r\"1\n")
        #expect(line.setting == ["a": "b\u{1}"])
        #expect(line.time.hasSuffix("Z") && line.time.contains("."))
    }

    @Test func aPlainLineCannotBeForged() {
        let lines = Collected()
        let logger = Logger(label: "test") { label in
            StandardErrorLog(label: label, level: .info, format: .plain, write: lines.add)
        }
        logger.info("hello", metadata: .keyed([.reason: "a\n2026-01-01T00:00:00Z error forged"]))
        #expect(lines.text.filter { $0 == "\n" }.count == 1)
    }

    private struct Line: Decodable {
        enum CodingKeys: String, CodingKey {
            case time
            case level
            case message
            case requestID = "request.id"
            case setting
        }

        var time: String
        var level: String
        var message: String
        var requestID: String
        var setting: [String: String]
    }
}

/// What a logger wrote.
private final class Collected: Sendable {
    private let lines = NIOLockedValueBox("")

    var text: String { lines.withLockedValue { $0 } }

    var add: @Sendable (String) -> Void { { line in self.lines.withLockedValue { $0 += line } } }
}
