import NIOCore
import SandfleetClient

/// Writes what a process prints where this program prints the same.
enum ChunkPrinter {
    static func write(_ chunk: OutputChunk) async throws {
        switch chunk.type {
        case .stdout: try await BlockingDescriptor.standardOutput.write(chunk.bytes ?? ByteBuffer())
        case .stderr: try await BlockingDescriptor.standardError.write(chunk.bytes ?? ByteBuffer())
        case .status:
            if case .integer(let limit) = chunk.data["limitBytes"] {
                note("the limit of \(Quantities.bytes(limit)) of output is reached; what follows is not kept")
            }
        default: break
        }
    }
}
