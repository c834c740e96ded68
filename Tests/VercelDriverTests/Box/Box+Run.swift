import FleetTesting
import Model
import NIOCore
import ProviderKit

extension BoxCommand {
    static func script(_ script: String, id: String = BoxID.random().rawValue, isDurable: Bool = false) -> BoxCommand {
        BoxCommand(id: id, arguments: ["/bin/sh", "-c", script], isDurable: isDurable)
    }
}

extension Box {
    /// Runs a shell's script to its end.
    func run(_ script: String) async throws -> (output: ByteBuffer, exit: ProcessExit) {
        try await start(.script(script)).result()
    }

    func text(_ script: String) async throws -> String {
        let (output, exit) = try await run(script)
        guard exit.code == 0 else { throw FixtureError("\(script) ended with \(exit)") }
        return String(buffer: output)
    }

    func contents(_ path: String) async throws -> ByteBuffer {
        let reader = try await read(path)
        var contents = ByteBuffer()
        while var bytes = try await reader.next(limit: 100_000) { contents.writeBuffer(&bytes) }
        return contents
    }
}

extension BoxProcess {
    /// All of its standard output, and how it ended.
    func result() async throws -> (output: ByteBuffer, exit: ProcessExit) {
        var output = ByteBuffer()
        var errors = 0
        while let event = try await next() {
            switch event {
            case .stdout(var bytes, _): output.writeBuffer(&bytes)
            case .stderr(let bytes, _): errors += bytes.readableBytes
            case .exited(let exit): return (output, exit)
            }
            acknowledge(stdout: UInt64(output.readableBytes), stderr: UInt64(errors))
        }
        throw FixtureError("no exit")
    }
}

/// Bytes of which most are no text.
func randomBytes(_ count: Int, seed: UInt64 = 1) -> ByteBuffer {
    var generator = SeededGenerator(seed: seed)
    return ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
}
