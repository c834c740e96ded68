/// The words of a command line: `--name value`, `--flag`, and nothing else.
struct Words {
    private var values: [String: String] = [:]
    private var flags: Set<String> = []

    /// - Parameters:
    ///   - verb: Named in errors.
    ///   - options: Names that a value follows, with what the value is.
    ///   - flags: Names that stand alone.
    init(_ words: [String], verb: String, options: [String] = [], flags known: [String] = []) throws(AgentError) {
        var rest = words[...]
        while let word = rest.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = parts[0]
            if known.contains(name), parts.count == 1 {
                flags.insert(name)
            } else if options.contains(name) {
                guard let value = parts.count > 1 ? parts[1] : rest.popFirst(), !value.isEmpty else {
                    throw AgentError(.usage, "`\(name)` needs a value.", advice: "See: agent --help")
                }
                values[name] = value
            } else {
                let all = (options + known).joined(separator: ", ")
                throw AgentError(
                    .usage,
                    "`agent \(verb)` does not know `\(word)`.",
                    advice: all.isEmpty ? "It takes no words." : "It knows \(all)."
                )
            }
        }
    }

    subscript(name: String) -> String? { values[name] }

    func has(_ flag: String) -> Bool { flags.contains(flag) }

    func require(_ name: String, _ what: String) throws(AgentError) -> String {
        guard let value = values[name] else { throw AgentError(.usage, "`\(name)` is missing: \(what).") }
        return value
    }
}
