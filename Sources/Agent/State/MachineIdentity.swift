/// What tells this machine from another that was given a copy of the agent's files: a random id made here, with the
/// system's own.
enum MachineIdentity {
    /// The id, made at first.
    static func load(_ paths: AgentPaths) throws(AgentError) -> String {
        let random: String
        if let known = LocalFile.line(paths.machine), known.utf8.count == 32 {
            random = known
        } else {
            var generator = SystemRandomNumberGenerator()
            random = (0..<2).map { _ in hexadecimal(generator.next()) }.joined()
            try LocalFile.replace(paths.machine, with: random + "\n")
        }
        // A disk that was cloned into another machine brings our file along, and hardly ever the system's.
        let system = LocalFile.line("/etc/machine-id") ?? ""
        // Gateways take 64 characters.
        return random + system.prefix(32)
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
