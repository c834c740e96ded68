import Foundation
import NIOCore
import ProviderKit

struct CommandResult {
    var output = ByteBuffer()
    var error = ByteBuffer()
    var exit = ProcessExit(code: nil, signal: nil)

    var text: String { String(buffer: output) }
}

extension BoxCommand {
    static func script(_ script: String, _ change: (inout BoxCommand) -> Void = { _ in }) -> BoxCommand {
        var command = BoxCommand(id: UUID().uuidString, arguments: ["/bin/sh", "-c", script])
        change(&command)
        return command
    }
}

extension Box {
    func run(_ script: String) async throws -> CommandResult {
        try await start(.script(script)).result()
    }

    func contents(_ path: String) async throws -> ByteBuffer {
        let reader = try await read(path)
        var contents = ByteBuffer()
        while var bytes = try await reader.next(limit: 200_000) { contents.writeBuffer(&bytes) }
        await reader.close()
        return contents
    }

    func put(_ contents: ByteBuffer, at path: String, mode: UInt32? = nil) async throws {
        let writer = try await write(path, mode: mode)
        var rest = contents
        while let slice = rest.readSlice(length: min(300_000, rest.readableBytes)), slice.readableBytes > 0 {
            try await writer.write(slice)
        }
        let info = try await writer.commit()
        try require(info.size == UInt64(contents.readableBytes), "the box counts \(info.size) bytes of \(path)")
    }
}

extension BoxProcess {
    /// Takes and acknowledges everything up to the exit.
    func result() async throws -> CommandResult {
        var result = CommandResult()
        var (stdout, stderr): (UInt64?, UInt64) = (nil, 0)
        while let event = try await next() {
            switch event {
            case .stdout(var bytes, let offset):
                // Somebody may have read the beginning.
                try require(offset == stdout ?? offset, "output at \(offset) is not what comes next")
                stdout = offset + UInt64(bytes.readableBytes)
                result.output.writeBuffer(&bytes)
            case .stderr(var bytes, let offset):
                stderr = offset + UInt64(bytes.readableBytes)
                result.error.writeBuffer(&bytes)
            case .exited(let exit): result.exit = exit
            }
            acknowledge(stdout: stdout ?? 0, stderr: stderr)
        }
        release()
        return result
    }

    /// Reads output until this text has come.
    func readThrough(_ text: String) async throws {
        var seen = ""
        while !seen.contains(text) {
            guard case .stdout(let bytes, _)? = try await next() else { throw Broken("\(text) did not come: \(seen)") }
            seen += String(buffer: bytes)
        }
    }
}

/// Expects a driver's error, and returns its kind.
func refusal(of what: String, _ body: () async throws -> Void) async throws -> DriverError.Kind {
    do {
        try await body()
    } catch let error as DriverError {
        return error.kind
    }
    throw Broken("\(what) was not refused")
}
