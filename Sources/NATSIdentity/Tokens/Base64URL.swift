import FoundationEssentials

/// Base64 with `-` and `_`, without padding, as in JWTs.
package enum Base64URL {
    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text = ""
        for character in Data(bytes).base64EncodedString().unicodeScalars {
            switch character {
            case "+": text += "-"
            case "/": text += "_"
            case "=": break
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }

    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var plain = ""
        for character in text.unicodeScalars {
            switch character {
            case "-": plain += "+"
            case "_": plain += "/"
            case "+", "/", "=": return nil
            default: plain.unicodeScalars.append(character)
            }
        }
        plain += String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
        return Data(base64Encoded: plain).map { Array($0) }
    }
}
