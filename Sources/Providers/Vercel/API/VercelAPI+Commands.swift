import CurlTransport
import FoundationEssentials
import Model
import NIOCore
import ProviderHTTP
import ProviderKit

extension VercelAPI {
    struct CommandBody: Encodable, Sendable {
        let command: String
        let args: [String]
        var env: [String: String]?
        /// As root.
        var sudo: Bool?
        var attachStdin: Bool?
        var wait: Bool?
        var logs: Bool?
    }

    private struct InputBody: Encodable, Sendable {
        /// In base64.
        let data: String
        let offset: Int
        let close: Bool
    }

    private struct Answered: Decodable, Sendable {
        let command: CommandDocument
    }

    /// Starts a program whose standard input is written to.
    ///
    /// - Throws: `startFailed` when there is no such program.
    func start(_ arguments: [String], in session: String) async throws(DriverError) -> CommandDocument {
        let body = CommandBody(command: arguments[0], args: Array(arguments.dropFirst()), attachStdin: true)
        let call = ProviderCall(
            "start command",
            "POST",
            "/v2/sandboxes/sessions/\(session)/cmd",
            body: .json(body),
            repeatability: .once,
            deadline: .seconds(60)
        )
        let answer: Answered = try await client.json(call)
        return answer.command
    }

    /// Runs what may be run twice, as root, and waits for its end.
    ///
    /// - Returns: Its exit code, and what it wrote, in records as `logs` gives them.
    func run(_ body: CommandBody, in session: String) async throws(DriverError) -> ProviderLines {
        let call = ProviderCall(
            "run command",
            "POST",
            "/v2/sandboxes/sessions/\(session)/cmd",
            query: [("wait", "true"), ("logs", "true")],
            body: .json(body),
            repeatability: .idempotentByKey,
            deadline: .seconds(60),
            idleTimeout: .seconds(120)
        )
        return try await client.lines(call)
    }

    func command(_ id: String, in session: String) async throws(DriverError) -> CommandDocument {
        let call = ProviderCall(
            "get command",
            "GET",
            "/v2/sandboxes/sessions/\(session)/cmd/\(id)",
            repeatability: .safe
        )
        let answer: Answered = try await client.json(call)
        return answer.command
    }

    /// What a command writes, from its first byte on, whenever it is asked for.
    func logs(of command: String, in session: String) async throws(DriverError) -> ProviderLines {
        let call = ProviderCall(
            "follow command",
            "GET",
            "/v2/sandboxes/sessions/\(session)/cmd/\(command)/logs",
            repeatability: .safe
        )
        return try await client.lines(call)
    }

    /// Writes to a command's input; what is there already up to an offset is not written again.
    func write(
        _ bytes: ByteBuffer,
        at offset: Int,
        close: Bool = false,
        to command: String,
        in session: String
    ) async throws(DriverError) {
        let body = InputBody(
            data: Data(bytes.readableBytesView).base64EncodedString(),
            offset: offset,
            close: close
        )
        let call = ProviderCall(
            "write to command",
            "POST",
            "/v2/sandboxes/sessions/\(session)/cmd/\(command)/stdin",
            body: .json(body),
            repeatability: .idempotentByKey
        )
        try await client.send(call)
    }

    func kill(_ command: String, signal: Int32, in session: String) async throws(DriverError) {
        let call = ProviderCall(
            "kill command",
            "POST",
            "/v2/sandboxes/sessions/\(session)/cmd/\(command)/kill",
            body: .json(["signal": signal]),
            repeatability: .idempotentByKey
        )
        try await client.send(call)
    }

    /// Unpacks a gzip'd tar, whose names are relative to the root.
    func upload(_ archive: ByteBuffer, to session: String) async throws(DriverError) {
        let call = ProviderCall(
            "write files",
            "POST",
            "/v2/sandboxes/sessions/\(session)/fs/write",
            headers: ["x-cwd": "/"],
            body: .bytes(archive, type: "application/gzip"),
            repeatability: .idempotentByKey,
            deadline: .seconds(300)
        )
        try await client.send(call)
    }
}
