import Hummingbird
import Model

/// Takes the parameters of a query by name and type, and knows which were not asked for.
struct QueryReader {
    private var values: [String: String] = [:]

    /// Takes the query of a request line; `+` is a space, as every client library writes it.
    init(_ query: String?) throws(Fault) {
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.decoded(parts[0])
            let value = parts.count > 1 ? try Self.decoded(parts[1]) : ""
            guard values.updateValue(value, forKey: name) == nil else {
                throw Fault(.invalidRequest, "The parameter \(name.prefix(64)) is there twice.")
            }
        }
    }

    init(_ request: Request) throws(Fault) {
        try self.init(request.uri.query)
    }

    mutating func string(_ name: String) -> String? { values.removeValue(forKey: name) }

    mutating func required(_ name: String) throws(Fault) -> String {
        guard let value = string(name), !value.isEmpty else {
            throw Fault(.invalidRequest, "The parameter \(name) is missing.", details: ["parameter": name])
        }
        return value
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int>) throws(Fault) -> Int? {
        guard let text = string(name) else { return nil }
        guard let value = Int(text), range.contains(value) else {
            throw invalid(name, "has to be \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A number or offset that counts from zero, by digits alone.
    mutating func counter(_ name: String) throws(Fault) -> UInt64? {
        guard let text = string(name) else { return nil }
        guard let value = Self.counter(text) else {
            throw invalid(name, "has to be a whole number, 0 to \(Int64.max)")
        }
        return value
    }

    /// Nil for what is no number, or larger than the database's largest.
    static func counter(_ text: String) -> UInt64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text).map { UInt64($0) }
    }

    /// One of the words of an enumeration.
    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ name: String,
        of type: Word.Type
    ) throws(Fault) -> Word? where Word.RawValue == String {
        guard let text = string(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            throw invalid(name, "has to be one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }

    mutating func bool(_ name: String) throws(Fault) -> Bool? {
        switch string(name) {
        case nil: return nil
        case "true", "1": return true
        case "false", "0": return false
        default: throw invalid(name, "has to be true or false")
        }
    }

    mutating func identifier<Kind>(_ name: String) throws(Fault) -> Identifier<Kind>? {
        guard let text = string(name) else { return nil }
        guard let value = Identifier<Kind>(text) else { throw invalid(name, "is not a cursor of this list") }
        return value
    }

    func finish() throws(Fault) {
        guard let name = values.keys.min() else { return }
        throw Fault(
            .unknownField,
            "There is no parameter \(name.prefix(64)).",
            details: ["parameter": String(name.prefix(64))]
        )
    }

    func invalid(_ name: String, _ what: String) -> Fault {
        Fault(.invalidRequest, "The parameter \(name) \(what).", details: ["parameter": name])
    }

    private static func decoded(_ text: Substring) throws(Fault) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(0x20)
            case UInt8(ascii: "%"):
                guard let high = digit(rest.popFirst()), let low = digit(rest.popFirst()) else { throw undecodable }
                bytes.append(high << 4 | low)
            default: bytes.append(byte)
            }
        }
        guard let decoded = String(validating: bytes, as: UTF8.self) else { throw undecodable }
        return decoded
    }

    private static func digit(_ byte: UInt8?) -> UInt8? {
        byte.flatMap { Character(Unicode.Scalar($0)).hexDigitValue }.flatMap { UInt8(exactly: $0) }
    }

    private static var undecodable: Fault { Fault(.invalidRequest, "The query is not percent-encoded UTF-8.") }
}
