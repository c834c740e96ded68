import CurlTransport
import Glibc
import Model

/// `agent enroll`: makes a key and trades a token for an identity.
enum EnrollCommand {
    static func perform(_ words: [String]) async throws {
        let words = try Words(words, verb: "enroll", options: ["--url", "--token", "--name", "--root"])
        let client = try GatewayClient(url: try words.require("--url", "the address of the fleet's gateway"))
        let token = try words.require("--token", "what `sandfleet agents enroll` printed, as in sfe_…")
        guard token.hasPrefix("sfe_") else {
            throw AgentError(.usage, "A token begins with `sfe_`; this is something else.")
        }
        let paths = try AgentPaths.standard()
        try paths.makeState()
        if let known = try AgentIdentity.load(paths) {
            throw AgentError(
                .alreadyRunning,
                "This machine is enrolled already, as \(known.name) (\(known.agent)) at \(known.gateway).",
                advice: "To enroll it anew, remove that first: agent uninstall"
            )
        }
        try configure(words["--root"], paths)
        let identity = try await enroll(client, token, words["--name"], paths)
        try identity.save(paths)
        unlink(pendingKey(paths))
        Terminal.say(
            """
            Enrolled as \(identity.name) (\(identity.agent)).
            What it may do stands in \(paths.configurationFile).
            Start it with `agent run`, or let the system do that: `agent install`.
            """
        )
    }

    private static func pendingKey(_ paths: AgentPaths) -> String { paths.state + "/key.pending" }

    /// The key is on disk before the token is used: when the answer is lost, the same key gives the same answer again.
    private static func enroll(
        _ client: GatewayClient,
        _ token: String,
        _ name: String?,
        _ paths: AgentPaths
    ) async throws -> AgentIdentity {
        let key: AgentKey
        if let known = LocalFile.line(pendingKey(paths)).flatMap({ AgentKey(seed: $0) }) {
            key = known
        } else {
            key = .generate()
            try LocalFile.replace(pendingKey(paths), with: key.seed + "\n")
        }
        do {
            return try await client.enroll(
                token: token,
                key: key,
                machine: try MachineIdentity.load(paths),
                name: name
            )
        } catch let refusal as GatewayRefusal where refusal.code == .enrollmentInvalid {
            throw AgentError(
                .notEnrolled,
                "The token is no good: \(refusal.message)",
                advice: "A token works once and not for ever; `sandfleet agents enroll` makes another."
            )
        } catch let error as HTTPTransportError {
            throw AgentError(
                .unavailable,
                "The gateway at \(client.url) cannot be reached: \(error.message).",
                advice: error.code == .tls
                    ? "SANDFLEET_AGENT_CA_FILE names the authority of a certificate of your own." : nil
            )
        }
    }

    /// Writes a first configuration; one that is there is the user's and stays.
    private static func configure(_ root: String?, _ paths: AgentPaths) throws(AgentError) {
        if LocalFile.exists(paths.configurationFile) {
            let known = try AgentConfiguration.load(paths)
            if let root, LocalFile.realPath(root) != LocalFile.realPath(known.root) {
                throw AgentError(
                    .usage,
                    "\(paths.configurationFile) says that the root is \(known.root).",
                    advice: "Change it there."
                )
            }
            return
        }
        guard let root = root ?? Environment.value("HOME").map({ $0 + "/sandfleet" }), root.hasPrefix("/") else {
            throw AgentError(.usage, "`--root` must be an absolute path: the directory that sandboxes work in.")
        }
        try LocalFile.makeDirectories(root, mode: 0o755)
        guard let real = LocalFile.realPath(root) else { throw .system("Cannot enter \(root)") }
        try LocalFile.makeDirectories(paths.configuration, mode: 0o755)
        let json: JSON = [
            "root": .string(real), "allow": ["exec": .bool(true), "files": .bool(true), "network": .bool(true)],
            "environment": .array(["PATH", "LANG"]), "isolation": "none",
        ]
        try LocalFile.replace(paths.configurationFile, with: json.readableText, mode: 0o644)
    }
}
