import NIOCore
import Testing

@testable import Gateway

/// The OpenAPI document, and a check of values against the part of JSON Schema that it uses.
struct Contract {
    let document: JSONValue

    init() throws {
        document = try JSONParser.parse(Array(buffer: OpenAPIController.document))
    }

    /// What a value has against a schema of `components`; empty when it conforms.
    func violations(of value: JSONValue, against name: String) -> [String] {
        violations(of: value, against: ["$ref": .string("#/components/schemas/\(name)")], at: name)
    }

    /// What an answer has against its operation's responses.
    func violations(
        of body: [UInt8],
        mediaType: String,
        status: Int,
        operation: JSONValue
    ) throws -> [String] {
        guard var response = operation["responses"]?["\(status)"] ?? operation["responses"]?["default"] else {
            return ["no response \(status)"]
        }
        if case .string(let reference)? = response["$ref"] { response = resolve(reference) ?? .null }
        guard let content = response["content"] else { return body.isEmpty ? [] : ["a body where none is described"] }
        guard let schema = content[mediaType]?["schema"] else { return ["no content \(mediaType) for \(status)"] }
        guard mediaType.hasSuffix("json") else { return [] }
        return violations(of: try JSONParser.parse(body), against: schema, at: "$")
    }

    func resolve(_ reference: String) -> JSONValue? {
        guard reference.hasPrefix("#/") else { return nil }
        return reference.dropFirst(2).split(separator: "/").reduce(document) { value, part in value?[String(part)] }
    }

    private func violations(of value: JSONValue, against schema: JSONValue, at path: String) -> [String] {
        if case .string(let reference)? = schema["$ref"] {
            guard let target = resolve(reference) else { return ["\(path): \(reference) is not there"] }
            return violations(of: value, against: target, at: path)
        }
        var found: [String] = []
        if let types = schema["type"], !Self.types(types).contains(where: { Self.matches(value, $0) }) {
            return ["\(path): \(value.typeName) is not \(Self.types(types))"]
        }
        if case .array(let words)? = schema["enum"], !words.contains(value) { found.append("\(path): not in the enum") }
        if let constant = schema["const"], constant != value { found.append("\(path): not the constant") }
        if case .string(let text) = value { found += Self.violations(of: text, schema, path) }
        if let least = Self.number(schema["minimum"]), let number = Self.number(value), number < least {
            found.append("\(path): below \(least)")
        }
        if case .array(let values) = value, let items = schema["items"] {
            for (index, item) in values.enumerated() {
                found += violations(of: item, against: items, at: "\(path)[\(index)]")
            }
        }
        if case .object(let members) = value { found += violations(of: members, schema, path) }
        return found
    }

    private func violations(of members: [JSONValue.Member], _ schema: JSONValue, _ path: String) -> [String] {
        var found: [String] = []
        if case .array(let names)? = schema["required"] {
            for case .string(let name) in names where !members.contains(where: { $0.name == name }) {
                found.append("\(path).\(name): missing")
            }
        }
        for member in members {
            let inner = "\(path).\(member.name)"
            if let property = schema["properties"]?[member.name] {
                found += violations(of: member.value, against: property, at: inner)
            } else if schema["additionalProperties"] == .bool(false) {
                found.append("\(inner): not described")
            } else if let others = schema["additionalProperties"], case .object = others {
                found += violations(of: member.value, against: others, at: inner)
            }
        }
        return found
    }

    private static func violations(of text: String, _ schema: JSONValue, _ path: String) -> [String] {
        var found: [String] = []
        if case .string(let pattern)? = schema["pattern"], let regex = try? Regex(pattern),
            text.firstMatch(of: regex) == nil
        {
            found.append("\(path): does not match \(pattern)")
        }
        if schema["format"] == "date-time", text.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) == nil {
            found.append("\(path): not a time")
        }
        return found
    }

    private static func types(_ value: JSONValue) -> [String] {
        switch value {
        case .string(let name): [name]
        case .array(let names): names.compactMap { if case .string(let name) = $0 { name } else { nil } }
        default: []
        }
    }

    private static func matches(_ value: JSONValue, _ type: String) -> Bool {
        switch (value, type) {
        case (.null, "null"), (.bool, "boolean"), (.integer, "integer"), (.integer, "number"), (.number, "number"),
            (.string, "string"), (.array, "array"), (.object, "object"):
            true
        default: false
        }
    }

    private static func number(_ value: JSONValue?) -> Double? {
        switch value {
        case .integer(let number): Double(number)
        case .number(let number): number
        default: nil
        }
    }
}
