import Model

/// Which machine a self-hosted sandbox is wanted on.
enum AgentWish: Sendable, Hashable {
    /// An id, or else a name.
    case called(String)
    /// Any that is online and has all of these.
    case labelled([String: String])

    static func read(_ name: String, _ reader: inout JSONObjectReader) throws(Fault) -> AgentWish? {
        guard let value = reader.value(name) else { return nil }
        switch value {
        case .string: return .called(try reader.line(name, in: CreateSandbox.nameLengths, value))
        case .object:
            var fields = try JSONObjectReader(value, path: reader.child(name))
            guard let labels = try fields.labels(), !labels.isEmpty else {
                throw fields.invalid("labels", "has to name at least one label")
            }
            try fields.finish()
            return .labelled(labels)
        default: throw JSONObjectReader.wrongType(reader.child(name), expected: "string or object", got: value)
        }
    }
}
