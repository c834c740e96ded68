/// `agent status`: what the running one does.
enum StatusCommand {
    static func perform(_ words: [String]) throws(AgentError) {
        let words = try Words(words, verb: "status", flags: ["--json"])
        let paths = try AgentPaths.standard()
        guard let text = StatusSocket.ask(paths.statusSocket), let report = try? JSON(Array(text.utf8)) else {
            let enrolled = try AgentIdentity.load(paths).map { " It is enrolled as \($0.name) (\($0.agent))." }
            throw AgentError(
                .unavailable,
                "No agent is running here." + (enrolled ?? " This machine is not enrolled."),
                advice: enrolled == nil ? nil : "Start it with `agent run`, or let the system do that: `agent install`."
            )
        }
        if words.has("--json") { return Terminal.say(text) }
        var lines = [
            line("agent", "\(report.word("name")) (\(report.word("agent")))"), line("gateway", report.word("gateway")),
            line("process", report.word("pid")), line("presence", report.word("presence")),
            line("server", report.word("server")), line("credentials", "until \(report.word("credentialsEnd"))"),
            line("sandboxes", report.word("sandboxes")), line("processes", report.word("processes")),
            line("operations", report.word("operations")), line("log", report.word("log")),
        ]
        if let problem = report["logProblem"]?.string {
            lines.append(line("", "It cannot be written: \(problem). What is done meanwhile is on no record."))
        }
        if case .array(let errors)? = report["errors"], !errors.isEmpty {
            lines.append("last errors")
            lines += errors.map { "  \($0.word("time"))  \($0.word("message"))" }
        }
        Terminal.say(lines.joined(separator: "\n"))
    }

    private static func line(_ name: String, _ value: String) -> String {
        name + String(repeating: " ", count: max(1, 13 - name.count)) + value
    }
}

extension JSON {
    /// A member as a person reads it.
    fileprivate func word(_ name: String) -> String {
        switch self[name] {
        case .string(let text)?: text
        case .null?, nil: "-"
        case let value?: value.text
        }
    }
}
