/// The server's text form of a one-dimensional array: `{a,"b, c",NULL}`.
enum ArrayLiteral {
    /// Quotes every element, so that none can be taken for NULL or a separator.
    static func text(_ values: [String?]) -> String {
        var literal = "{"
        for (index, value) in values.enumerated() {
            if index > 0 { literal += "," }
            guard let value else {
                literal += "NULL"
                continue
            }
            literal += "\""
            for scalar in value.unicodeScalars {
                if scalar == "\"" || scalar == "\\" { literal.unicodeScalars.append("\\") }
                literal.unicodeScalars.append(scalar)
            }
            literal += "\""
        }
        return literal + "}"
    }

    /// Nil when the text is no array, or one of more than one dimension.
    static func values(of literal: String) -> [String?]? {
        var scalars = literal.unicodeScalars.makeIterator()
        guard scalars.next() == "{" else { return nil }
        var values: [String?] = []
        var element = Element()
        while let scalar = scalars.next() {
            switch scalar {
            case "\\":
                guard let escaped = scalars.next() else { return nil }
                element.text.append(escaped)
            case "\"":
                element.isInQuotes.toggle()
                element.wasQuoted = true
            case _ where element.isInQuotes: element.text.append(scalar)
            case "{": return nil
            case ",":
                values.append(element.value)
                element = Element()
            case "}":
                guard scalars.next() == nil else { return nil }
                return values.isEmpty && element.isAbsent ? [] : values + [element.value]
            default: element.text.append(scalar)
            }
        }
        return nil
    }

    private struct Element {
        var text = String.UnicodeScalarView()
        var isInQuotes = false
        var wasQuoted = false

        var isAbsent: Bool { text.isEmpty && !wasQuoted }
        var value: String? { String(text) == "NULL" && !wasQuoted ? nil : String(text) }
    }
}
