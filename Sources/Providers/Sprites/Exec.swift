import CurlTransport
import NIOCore
import ProviderHTTP
import ProviderKit

/// What a connection of a program without a terminal carries: each binary message begins with one of these.
enum ExecStream: UInt8 {
    case stdin
    case stdout
    case stderr
    /// One more byte: the exit code, 128 and its number for a signal.
    case exit
    case stdinEnd
}

/// How a short program has ended.
struct ExecResult: Sendable {
    var code: UInt8
    var stdout = ByteBuffer()
    var stderr = ByteBuffer()

    /// The last of what it said, for an error.
    var complaint: String {
        let said = stderr.readableBytes > 0 ? stderr : stdout
        return String(decoding: said.readableBytesView.suffix(300), as: UTF8.self)
    }
}

extension SpritesAPI {
    /// Most of what is kept of each stream of a short program.
    private static let outputLimit = 64 << 10

    /// Starts a program and returns once it is connected.
    ///
    /// - Parameters:
    ///   - hasInput: Whether it can be written to; else it reads the end at once.
    ///   - outlivesConnection: What it starts may run on when nobody is connected; else the provider ends it after 10 s.
    func exec(
        _ arguments: [String],
        in name: SpriteName,
        hasInput: Bool = false,
        outlivesConnection: Bool = false
    ) async throws(DriverError) -> (WebSocket, ProviderCall) {
        // No `env`: a single variable would replace the whole environment.
        var query: [ProviderCall.QueryItem] = arguments.map { ("cmd", $0) }
        if let program = arguments.first { query.append(("path", program)) }
        query.append(("stdin", hasInput ? "true" : "false"))
        if outlivesConnection { query.append(("max_run_after_disconnect", "0")) }
        let call = ProviderCall(
            "execute in sprite",
            "GET",
            "/v1/sprites/\(name)/exec",
            query: query,
            // All that is executed so may be executed again.
            repeatability: .safe,
            deadline: .seconds(60)
        )
        return (try await client.webSocket(call), call)
    }

    /// Runs a short program to its end.
    ///
    /// - Throws: `timeout` when it has none in time, `transient` when the connection is lost before.
    func run(
        _ arguments: [String],
        in name: SpriteName,
        outlivesConnection: Bool = false,
        within limit: Duration = .seconds(60)
    ) async throws(DriverError) -> ExecResult {
        let (socket, call) = try await exec(arguments, in: name, outlivesConnection: outlivesConnection)
        let timer = Task {
            try await Task.sleep(for: limit)
            await socket.close(within: .zero)
        }
        defer { timer.cancel() }
        var result = ExecResult(code: 0)
        while let (stream, bytes) = try await next(socket, call) {
            switch stream {
            case .stdout: Self.add(bytes, to: &result.stdout)
            case .stderr: Self.add(bytes, to: &result.stderr)
            case .exit:
                // The provider would close it only after some seconds; letting go of it does.
                result.code = bytes.readableBytesView.first ?? 0
                return result
            case .stdin, .stdinEnd: break
            }
        }
        throw DriverError(.transient, "The connection to a program in the sprite ended before the program did.")
    }

    /// The next piece of what a program writes, or its exit; nil when the provider has closed the connection.
    func next(_ socket: WebSocket, _ call: ProviderCall) async throws(DriverError) -> (ExecStream, ByteBuffer)? {
        do {
            while let message = try await socket.receive() {
                // Texts tell of the session, which nobody comes back to.
                guard case .binary(var bytes) = message, let first = bytes.readInteger(as: UInt8.self) else { continue }
                if let stream = ExecStream(rawValue: first) { return (stream, bytes) }
            }
            return nil
        } catch {
            let isOver = (error as? WebSocketError)?.code == .closed
            throw isOver
                ? DriverError(.timeout, "A program in the sprite took too long.")
                : client.error(of: error, about: call)
        }
    }

    private static func add(_ bytes: ByteBuffer, to output: inout ByteBuffer) {
        var bytes = bytes
        let room = outputLimit - output.readableBytes
        if let part = bytes.readSlice(length: min(room, bytes.readableBytes)) { output.writeImmutableBuffer(part) }
    }
}
