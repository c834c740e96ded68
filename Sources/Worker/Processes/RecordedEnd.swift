import FoundationEssentials
import Model
import NIOCore
import NIOFoundationCompat
import ProcessOutput

/// The end of a process as its last chunk tells it.
struct RecordedEnd: Sendable, Hashable {
    var end: ProcessEnd
    /// Everything that it wrote, stored or not; nil when the chunk does not say.
    var written: OutputOffsets?

    /// Nil when the chunk ends nothing, or cannot be read.
    init?(_ chunk: Chunk) {
        guard chunk.type.isLast, let body = try? JSONDecoder().decode(Body.self, from: Data(buffer: chunk.payload))
        else {
            return nil
        }
        let status = body.status.flatMap(ProcessStatus.init(rawValue:))
        switch (chunk.type, status) {
        case (.exit, .exited?): end = ProcessEnd(.exited, exitCode: body.exitCode, reason: body.reason)
        case (.exit, .killed?): end = ProcessEnd(.killed, signal: body.signal, reason: body.reason)
        case (.error, .failed?): end = ProcessEnd(.failed, reason: body.reason, message: body.message)
        case (.error, _): end = ProcessEnd(.lost, reason: body.reason, message: body.message)
        default: return nil
        }
        end.outputOpen = body.outputOpen ?? false
        if let stdout = body.stdoutBytes, let stderr = body.stderrBytes {
            written = OutputOffsets(stdout: stdout, stderr: stderr)
        }
    }

    private struct Body: Decodable {
        var status: String?
        var exitCode: Int32?
        var signal: String?
        var reason: String?
        var message: String?
        var outputOpen: Bool?
        var stdoutBytes: UInt64?
        var stderrBytes: UInt64?
    }
}
