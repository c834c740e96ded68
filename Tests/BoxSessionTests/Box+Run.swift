import Foundation
import NIOCore
import ProviderKit

extension BoxCommand {
    static func script(_ script: String, id: String = UUID().uuidString, isDurable: Bool = false) -> BoxCommand {
        BoxCommand(id: id, arguments: ["/bin/sh", "-c", script], isDurable: isDurable)
    }
}

extension Box {
    func run(_ script: String) async throws -> (output: ByteBuffer, error: ByteBuffer, exit: ProcessExit) {
        try await start(.script(script)).result()
    }

    func contents(_ path: String) async throws -> ByteBuffer {
        let reader = try await read(path)
        var contents = ByteBuffer()
        while var bytes = try await reader.next(limit: 100_000) { contents.writeBuffer(&bytes) }
        return contents
    }
}

extension BoxProcess {
    func result() async throws -> (output: ByteBuffer, error: ByteBuffer, exit: ProcessExit) {
        var (output, error) = (ByteBuffer(), ByteBuffer())
        while let event = try await next() {
            switch event {
            case .stdout(var bytes, _):
                output.writeBuffer(&bytes)
                acknowledge(stdout: UInt64(output.readableBytes), stderr: UInt64(error.readableBytes))
            case .stderr(var bytes, _): error.writeBuffer(&bytes)
            case .exited(let exit): return (output, error, exit)
            }
        }
        throw DriverError(.transient, "no exit")
    }
}

func randomBytes(_ count: Int) -> ByteBuffer {
    var generator = SystemRandomNumberGenerator()
    return ByteBuffer(bytes: (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
}
