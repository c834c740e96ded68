import NIOCore
import ProviderKit
import Testing

/// A command that was run to its end, and everything that it wrote.
struct CommandResult {
    var exit = ProcessExit(code: nil, signal: nil)
    var stdout = ByteBuffer()
    var stderr = ByteBuffer()
}

extension BoxProcess {
    /// Takes and acknowledges everything up to the exit, and releases it.
    func collect() async throws -> CommandResult {
        var result = CommandResult()
        while let event = try await next() {
            switch event {
            case .stdout(var bytes, let offset):
                acknowledge(stdout: offset + UInt64(bytes.readableBytes), stderr: 0)
                result.stdout.writeBuffer(&bytes)
            case .stderr(var bytes, let offset):
                acknowledge(stdout: 0, stderr: offset + UInt64(bytes.readableBytes))
                result.stderr.writeBuffer(&bytes)
            case .exited(let exit): result.exit = exit
            }
        }
        release()
        return result
    }
}

extension Box {
    /// - Parameter input: What the script reads before it prints much.
    func run(_ script: String, isDurable: Bool = false, input: ByteBuffer? = nil) async throws -> CommandResult {
        guard var rest = input else { return try await start(.script(script, isDurable: isDurable)).collect() }
        let process = try await start(.script(script, isDurable: isDurable, stdin: .open(ByteBuffer())))
        while rest.readableBytes > 0, let piece = rest.readSlice(length: min(256 << 10, rest.readableBytes)) {
            try await process.write(piece)
        }
        try await process.closeInput()
        return try await process.collect()
    }

    /// What a shell script prints; it must succeed.
    func shell(_ script: String) async throws -> String {
        let result = try await run(script)
        let output = String(buffer: result.stdout)
        try #require(result.exit.code == 0, "\(script): \(output)\(String(buffer: result.stderr))")
        return output.hasSuffix("\n") ? String(output.dropLast()) : output
    }

    func contents(_ path: String) async throws -> ByteBuffer {
        let reader = try await read(path)
        var contents = ByteBuffer()
        while var bytes = try await reader.next(limit: 1 << 20) { contents.writeBuffer(&bytes) }
        await reader.close()
        return contents
    }
}

extension BoxCommand {
    static func script(
        _ script: String,
        id: String = newProcessID(),
        isDurable: Bool = false,
        stdin: Input = .none
    ) -> BoxCommand {
        BoxCommand(id: id, arguments: ["/bin/sh", "-c", script], stdin: stdin, isDurable: isDurable)
    }

    static func newProcessID() -> String {
        let characters = "0123456789abcdefghjkmnpqrstvwxyz"
        return "0" + String((0..<25).compactMap { _ in characters.randomElement() })
    }
}
