import Model
import NIOCore
import ProcessOutput
import Store

/// The last bytes of each stream of a process that has ended.
struct OutputTails: Sendable {
    var stdout = ByteBuffer()
    var stderr = ByteBuffer()

    /// Reads no more of the record than holds them; what is kept nowhere any more is left out.
    init(of process: ProcessRecord, limit: Int, from source: any OutputSource) async throws {
        stdout = try await Self.tail(of: .stdout, process.stdoutBytes, process, limit, source)
        stderr = try await Self.tail(of: .stderr, process.stderrBytes, process, limit, source)
    }

    private static func tail(
        of stream: ChunkType,
        _ total: UInt64,
        _ process: ProcessRecord,
        _ limit: Int,
        _ source: any OutputSource
    ) async throws -> ByteBuffer {
        var bytes = ByteBuffer()
        guard total > 0, limit > 0 else { return bytes }
        let offset = total > UInt64(limit) ? total - UInt64(limit) : 0
        let isStdout = stream == .stdout
        let start = OutputReader.Start.offsets(stdout: isStdout ? offset : nil, stderr: isStdout ? nil : offset)
        let cut = OutputCut(stdout: isStdout ? offset : nil, stderr: isStdout ? nil : offset)
        do {
            let stored = source.stored(of: process, from: start)
            while let batch = try await stored.next() {
                for chunk in cut.wanted(of: batch) where chunk.type == stream {
                    bytes.writeImmutableBuffer(chunk.payload)
                }
                if (isStdout ? batch.position.stdout : batch.position.stderr) >= total { break }
            }
        } catch OutputError.expired {
            return bytes
        }
        return bytes
    }
}
