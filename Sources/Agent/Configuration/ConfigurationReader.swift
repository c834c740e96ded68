/// Takes known keys out of an object and knows what is left.
struct ConfigurationReader {
    private let members: [JSON.Member]
    private let file: String
    private let prefix: String
    private var known: [String] = []

    init(_ json: JSON, file: String, prefix: String = "") throws(AgentError) {
        self.file = file
        self.prefix = prefix
        guard case .object(let members) = json else {
            throw AgentError(
                .usage,
                prefix.isEmpty ? "\(file) must hold an object." : "`\(prefix.dropLast())` in \(file) must be an object."
            )
        }
        self.members = members
    }

    func wrong(_ key: String, _ problem: String) -> AgentError {
        AgentError(.usage, "`\(prefix)\(key)` in \(file) \(problem).")
    }

    private mutating func take(_ key: String) -> JSON? {
        known.append(key)
        let value = members.first { $0.name == key }?.value
        return value == .null ? nil : value
    }

    mutating func text(_ key: String) throws(AgentError) -> String? {
        guard let value = take(key) else { return nil }
        guard let text = value.string, !text.isEmpty else { throw wrong(key, "must be a text, not \(value.text)") }
        return text
    }

    mutating func path(_ key: String) throws(AgentError) -> String? {
        guard let path = try text(key) else { return nil }
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw wrong(key, "must be an absolute path, not \"\(path)\"")
        }
        return path
    }

    mutating func flag(_ key: String) throws(AgentError) -> Bool? {
        guard let value = take(key) else { return nil }
        guard let flag = value.bool else { throw wrong(key, "must be true or false, not \(value.text)") }
        return flag
    }

    mutating func number(_ key: String, _ range: ClosedRange<Int>) throws(AgentError) -> Int? {
        guard let value = take(key) else { return nil }
        guard let number = value.integer.flatMap({ Int(exactly: $0) }), range.contains(number) else {
            let bounds = "\(range.lowerBound) to \(range.upperBound)"
            throw wrong(key, "must be a whole number from \(bounds), not \(value.text)")
        }
        return number
    }

    mutating func names(_ key: String) throws(AgentError) -> [String]? {
        guard let value = take(key) else { return nil }
        guard let names = value.strings, names.allSatisfy({ !$0.isEmpty && !$0.contains("=") }) else {
            throw wrong(key, "must be a list of names of variables, as in [\"PATH\", \"LANG\"], not \(value.text)")
        }
        return names
    }

    mutating func section(_ key: String) throws(AgentError) -> ConfigurationReader? {
        guard let value = take(key) else { return nil }
        return try ConfigurationReader(value, file: file, prefix: "\(prefix)\(key).")
    }

    /// Everything in the file must have been asked for.
    func finish() throws(AgentError) {
        for member in members where !known.contains(member.name) {
            throw wrong(member.name, "is no key that exists; there are \(known.joined(separator: ", "))")
        }
    }
}
