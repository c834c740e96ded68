extension JSON {
    /// The document in one line.
    package var text: String {
        var text = ""
        write(to: &text, indent: nil)
        return text
    }

    /// The document with a line for each member.
    package var readableText: String {
        var text = ""
        write(to: &text, indent: "")
        return text + "\n"
    }

    private func write(to text: inout String, indent: String?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let value): text += Int64(exactly: value).map(String.init) ?? "\(value)"
        case .string(let value): Self.quote(value, to: &text)
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += indent == nil ? "," : ", " }
                value.write(to: &text, indent: indent.map { $0 + "  " })
            }
            text += "]"
        case .object(let members): Self.write(members, to: &text, indent: indent)
        }
    }

    private static func write(_ members: [Member], to text: inout String, indent: String?) {
        let inner = indent.map { $0 + "  " }
        text += "{"
        for (index, member) in members.enumerated() {
            if index > 0 { text += "," }
            if let inner { text += "\n" + inner }
            quote(member.name, to: &text)
            text += inner == nil ? ":" : ": "
            member.value.write(to: &text, indent: inner)
        }
        if let indent, !members.isEmpty { text += "\n" + indent }
        text += "}"
    }

    private static func quote(_ string: String, to text: inout String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let hex = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
