import CurlTransport
import ProviderHTTP
import ProviderKit

extension Engine {
    private struct ExecRequest: Encodable {
        var command: [String]
        var stdin = true
        var stdout = true
        var stderr = true

        private enum CodingKeys: String, CodingKey {
            case command = "Cmd"
            case stdin = "AttachStdin"
            case stdout = "AttachStdout"
            case stderr = "AttachStderr"
        }
    }

    /// Runs a command in a running container, as the container's user, and returns its three streams.
    func exec(_ command: [String], in container: String) async throws(DriverError) -> ExecChannel {
        let made: MadeDocument = try await client.json(
            ProviderCall(
                "prepare a command",
                "POST",
                "/containers/\(container)/exec",
                body: .json(ExecRequest(command: command)),
                // Nothing runs yet: one too many is forgotten with its container.
                repeatability: .safe
            )
        )
        let call = ProviderCall(
            "run a command",
            "POST",
            "/exec/\(made.id)/start",
            headers: ["Connection": "Upgrade"],
            body: .json(["Detach": false, "Tty": false]),
            repeatability: .once
        )
        let upgrade = try await client.upgrade(call, to: "tcp", accepting: [101, 200])
        return ExecChannel(upgrade.stream, exec: made.id, in: container, call, engine: self)
    }

    func outcome(ofExec id: String) async throws(DriverError) -> ExecDocument {
        try await client.json(ProviderCall("ask for an exit code", "GET", "/exec/\(id)/json", repeatability: .safe))
    }
}
