import FoundationEssentials
import Logging

/// How a log line is spelled.
package enum LogFormat: String, Sendable, CaseIterable {
    /// One JSON object a line.
    case json
    /// For a terminal.
    case plain

    func line(
        at time: Date,
        level: Logger.Level,
        label: String,
        message: Logger.Message,
        metadata: Logger.Metadata
    ) -> String {
        let stamp = time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
        let fields = metadata.sorted { $0.key < $1.key }
        switch self {
        case .json:
            var line = "{\"time\":\"\(stamp)\",\"level\":\"\(level.rawValue)\",\"logger\":"
            JSONLine.write(label, to: &line)
            line += ",\"message\":"
            JSONLine.write(message.description, to: &line)
            for (key, value) in fields {
                line += ","
                JSONLine.write(key, to: &line)
                line += ":"
                JSONLine.write(value, to: &line)
            }
            return line + "}\n"
        case .plain:
            let pairs = fields.map { " \($0.key)=\(Self.oneLine($0.value.description))" }.joined()
            return "\(stamp) \(level.rawValue) \(label): \(Self.oneLine(message.description))\(pairs)\n"
        }
    }

    /// A value with line breaks could forge lines.
    private static func oneLine(_ text: String) -> String {
        text.unicodeScalars.contains { $0.value < 0x20 } ? text.debugDescription : text
    }
}

/// Spells metadata as JSON.
private enum JSONLine {
    static func write(_ value: Logger.MetadataValue, to line: inout String) {
        switch value {
        case .string(let text): write(text, to: &line)
        case .stringConvertible(let value): write(value.description, to: &line)
        case .array(let values):
            line += "["
            for (index, value) in values.enumerated() {
                if index > 0 { line += "," }
                write(value, to: &line)
            }
            line += "]"
        case .dictionary(let fields):
            line += "{"
            for (index, field) in fields.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line += "," }
                write(field.key, to: &line)
                line += ":"
                write(field.value, to: &line)
            }
            line += "}"
        }
    }

    static func write(_ text: String, to line: inout String) {
        line += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": line += "\\\""
            case "\\": line += "\\\\"
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                line += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: line.unicodeScalars.append(scalar)
            }
        }
        line += "\""
    }
}
