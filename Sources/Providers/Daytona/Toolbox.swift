import CurlTransport
import FoundationEssentials
import NIOCore
import ProviderHTTP
import ProviderKit

/// The daemon of the provider in one box: short commands, files, terminals.
struct DaytonaToolbox: Sendable {
    struct Result: Sendable, Decodable {
        /// -1 for what a signal has ended, and for what could not be started.
        var exitCode: Int
        /// Both streams.
        var result: String
    }

    private struct Command: Sendable, Encodable {
        var command: String
        /// In seconds.
        var timeout: Int
    }

    private struct Terminals: Sendable, Decodable {
        struct Terminal: Sendable, Decodable {
            var id: String
        }

        var sessions: [Terminal]
    }

    let client: ProviderClient

    /// Runs a short command of a shell to its end; it may be run twice.
    func execute(_ command: String, within seconds: Int = 60) async throws(DriverError) -> Result {
        try await client.json(
            ProviderCall(
                "execute in box",
                "POST",
                "/process/execute",
                body: .json(Command(command: command, timeout: seconds)),
                repeatability: .safe,
                deadline: .seconds(seconds + 30)
            )
        )
    }

    /// Replaces a file, and makes the directories above it.
    func upload(_ bytes: ByteBuffer, to path: String) async throws(DriverError) {
        let form = MultipartForm([
            MultipartForm.Part("files[0].path", path),
            MultipartForm.Part(
                "files[0].file",
                filename: "file",
                type: "application/octet-stream",
                .bytes(bytes)
            ),
        ])
        try await client.send(
            ProviderCall(
                "upload file",
                "POST",
                "/files/bulk-upload",
                body: .form(form),
                repeatability: .safe,
                deadline: .seconds(180)
            )
        )
    }

    func makeDirectory(_ path: String) async throws(DriverError) {
        try await client.send(
            ProviderCall(
                "make directory",
                "POST",
                "/files/folder",
                query: [("path", path), ("mode", "0755")],
                repeatability: .safe
            )
        )
    }

    /// Starts a shell on a terminal; returns when somebody is connected to it.
    ///
    /// - Parameter environment: Added to the box's.
    func openTerminal(
        _ id: String,
        environment: [String: String]
    ) async throws(DriverError) -> (WebSocket, ProviderCall) {
        let call = ProviderCall(
            "open terminal",
            "GET",
            "/process/pty/create-connect",
            query: [("id", id), ("cols", "80"), ("rows", "24"), ("cwd", "/")],
            // The id is taken by the first.
            repeatability: .once,
            deadline: .seconds(60)
        )
        let options = WebSocketOptions(
            subprotocols: ["X-Daytona-Pty-Exit-Control", "X-Daytona-Pty-Envs~\(try Self.encoded(environment))"]
        )
        return (try await client.webSocket(call, options: options), call)
    }

    /// The ids of all terminals.
    func terminals() async throws(DriverError) -> [String] {
        let answer: Terminals = try await client.json(
            ProviderCall("list terminals", "GET", "/process/pty", repeatability: .safe)
        )
        return answer.sessions.map(\.id)
    }

    /// Ends a terminal's shell, and what the terminal's hanging up ends.
    func closeTerminal(_ id: String) async throws(DriverError) {
        try await client.send(
            ProviderCall(
                "close terminal",
                "DELETE",
                "/process/pty/\(id)",
                repeatability: .safe,
                deadline: .seconds(4)
            )
        )
    }

    /// As a subprotocol can hold it: base64 of RFC 4648, section 5, without padding.
    private static func encoded(_ environment: [String: String]) throws(DriverError) -> String {
        let json: Data
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            json = try encoder.encode(environment)
        } catch {
            throw DriverError(.invalid, "The variables cannot be written as JSON.")
        }
        return json.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }
}
