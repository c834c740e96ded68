import Model

/// Takes the fields of one JSON object by name and type, and knows which were not asked for.
struct JSONObjectReader {
    private let path: String
    private var members: [String: JSONValue]

    init(_ value: JSONValue, path: String = "$") throws(Fault) {
        guard case .object(let members) = value else {
            throw Self.wrongType(path, expected: "object", got: value)
        }
        self.path = path
        self.members = Dictionary(members.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// Refuses what nobody took: a field that is misspelt must not be ignored.
    func finish() throws(Fault) {
        guard let name = members.keys.min() else { return }
        throw Fault(
            .unknownField,
            "There is no field \(path).\(name.prefix(64)).",
            hint: "See /openapi.json for the fields of this request.",
            details: ["field": "\(path).\(name.prefix(64))"]
        )
    }

    /// The field, when it is there and not null.
    mutating func value(_ name: String) -> JSONValue? {
        guard let value = members.removeValue(forKey: name), value != .null else { return nil }
        return value
    }

    /// Whether the field is there, and its value unless that is null.
    mutating func change(_ name: String) -> JSONValue?? {
        guard let value = members.removeValue(forKey: name) else { return nil }
        return .some(value == .null ? nil : value)
    }

    mutating func required(_ name: String) throws(Fault) -> JSONValue {
        guard let value = value(name) else {
            let field = child(name)
            throw Fault(.invalidRequest, "The field \(field) is missing.", details: ["field": field])
        }
        return value
    }

    func string(_ value: JSONValue, _ name: String, in lengths: ClosedRange<Int>) throws(Fault) -> String {
        guard case .string(let text) = value else { throw Self.wrongType(child(name), expected: "string", got: value) }
        guard lengths.contains(text.utf8.count) else {
            throw invalid(name, "has to have \(lengths.lowerBound) to \(lengths.upperBound) bytes")
        }
        return text
    }

    func integer(_ value: JSONValue, _ name: String, in range: ClosedRange<Int64>) throws(Fault) -> Int64 {
        switch value {
        case .integer(let number):
            guard range.contains(number) else {
                throw invalid(name, "has to be \(range.lowerBound) to \(range.upperBound)")
            }
            return number
        case .number: throw invalid(name, "has to be a whole number, \(range.lowerBound) to \(range.upperBound)")
        default: throw Self.wrongType(child(name), expected: "number", got: value)
        }
    }

    mutating func string(_ name: String, in lengths: ClosedRange<Int> = 0...65_536) throws(Fault) -> String? {
        guard let value = value(name) else { return nil }
        return try string(value, name, in: lengths)
    }

    mutating func integer(_ name: String, in range: ClosedRange<Int64>) throws(Fault) -> Int64? {
        guard let value = value(name) else { return nil }
        return try integer(value, name, in: range)
    }

    mutating func bool(_ name: String) throws(Fault) -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .bool(let flag) = value else { throw Self.wrongType(child(name), expected: "boolean", got: value) }
        return flag
    }

    mutating func double(_ name: String, in range: ClosedRange<Double>) throws(Fault) -> Double? {
        guard let value = value(name) else { return nil }
        let number: Double
        switch value {
        case .integer(let whole): number = Double(whole)
        case .number(let fraction): number = fraction
        default: throw Self.wrongType(child(name), expected: "number", got: value)
        }
        guard range.contains(number) else {
            throw invalid(name, "has to be \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    mutating func array(_ name: String, limit: Int) throws(Fault) -> [JSONValue]? {
        guard let value = value(name) else { return nil }
        guard case .array(let values) = value else { throw Self.wrongType(child(name), expected: "array", got: value) }
        guard values.count <= limit else { throw invalid(name, "may have at most \(limit) elements") }
        return values
    }

    mutating func object(_ name: String) throws(Fault) -> JSONObjectReader? {
        guard let value = value(name) else { return nil }
        return try JSONObjectReader(value, path: child(name))
    }

    /// An object with names that are not known here.
    mutating func members(_ name: String, limit: Int) throws(Fault) -> [JSONValue.Member]? {
        guard let value = value(name) else { return nil }
        guard case .object(let members) = value else {
            throw Self.wrongType(child(name), expected: "object", got: value)
        }
        guard members.count <= limit else { throw invalid(name, "may have at most \(limit) members") }
        return members
    }

    /// An object whose values are all strings.
    mutating func map(_ name: String, limit: Int = 256) throws(Fault) -> [String: String]? {
        guard let members = try members(name, limit: limit) else { return nil }
        var map: [String: String] = [:]
        for member in members {
            guard case .string(let text) = member.value else {
                throw Self.wrongType("\(child(name)).\(member.name.prefix(64))", expected: "string", got: member.value)
            }
            map[member.name] = text
        }
        return map
    }

    /// One of the words of an enumeration.
    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ name: String,
        of type: Word.Type
    ) throws(Fault) -> Word? where Word.RawValue == String {
        guard let text = try string(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            throw invalid(name, "has to be one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return word
    }

    func invalid(_ name: String, _ what: String) -> Fault {
        Fault(.invalidRequest, "The field \(child(name)) \(what).", details: ["field": child(name)])
    }

    func child(_ name: String) -> String { "\(path).\(name)" }

    static func wrongType(_ path: String, expected: String, got value: JSONValue) -> Fault {
        Fault(
            .invalidRequest,
            "The field \(path) has to be of type \(expected), not \(value.typeName).",
            details: ["field": path, "expected": expected, "actual": value.typeName]
        )
    }
}
