/// `agent run`: serves until it is stopped.
enum RunCommand {
    static func perform(_ words: [String]) async throws {
        let words = try Words(words, verb: "run", options: ["--boxd"])
        let paths = try AgentPaths.standard()
        let run = try AgentRun(paths, daemon: try daemon(words["--boxd"]))
        try await run.run()
    }

    /// The program of keepers lies beside the agent, or where its user says.
    private static func daemon(_ given: String?) throws(AgentError) -> String {
        let own = LocalFile.parent(of: Environment.executable)
        let candidates = given.map { [$0] } ?? [Environment.value("SANDFLEET_BOXD") ?? "\(own)/boxd"]
        guard let path = candidates.first(where: Environment.isRunnable), let real = LocalFile.realPath(path) else {
            throw AgentError(
                .machine,
                "There is no program at \(candidates[0]), which holds what sandboxes run.",
                advice: "It is called `boxd` and comes with the agent; --boxd names another place."
            )
        }
        return real
    }
}
