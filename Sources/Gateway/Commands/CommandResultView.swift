import FoundationEssentials
import Model
import NIOCore
import Store
package import Wire

/// How a command ended, as the API shows it.
package struct CommandResultView: Sendable {
    private var process: String
    private var end: ProcessEnd
    private var stdout: Stream
    private var stderr: Stream
    private var durationMs: Int64

    /// What is kept of a stream, and how much there was.
    private struct Stream: Sendable {
        var kept: ByteBuffer
        var total: UInt64

        var isCut: Bool { total > UInt64(kept.readableBytes) }

        /// Text with what is not UTF-8 replaced; the beginning of a tail is not cut inside a code point.
        var text: String {
            let bytes = kept.readableBytesView
            guard isCut else { return String(decoding: bytes, as: UTF8.self) }
            let broken = bytes.prefix(3).prefix { $0 & 0xC0 == 0x80 }.count
            return String(decoding: bytes.dropFirst(broken), as: UTF8.self)
        }
    }

    /// The answer of the worker that ran it.
    package init(_ result: WireCommandResult) {
        let state = result.process
        process = state.processID
        end = ProcessEnd(state)
        stdout = Stream(kept: ByteBuffer(bytes: result.stdout), total: state.stdoutBytes)
        stderr = Stream(kept: ByteBuffer(bytes: result.stderr), total: state.stderrBytes)
        durationMs = result.durationMs
    }

    /// Read from its row and its stored output.
    init(_ record: ProcessRecord, _ tails: OutputTails) {
        process = record.id.rawValue
        end = ProcessEnd(
            record.status,
            exitCode: record.exitCode,
            signal: record.signal,
            reason: record.reason,
            message: record.message,
            outputOpen: record.outputOpen
        )
        stdout = Stream(kept: tails.stdout, total: record.stdoutBytes)
        stderr = Stream(kept: tails.stderr, total: record.stderrBytes)
        let duration = (record.exitedAt ?? record.startedAt).timeIntervalSince(record.startedAt)
        durationMs = Int64((max(0, duration) * 1000).rounded())
    }

    package var json: JSONValue {
        [
            "processId": .string(process),
            "status": .string(end.status.rawValue),
            "exitCode": .orNull(end.exitCode.map { Int64($0) }),
            "signal": .orNull(end.signal),
            "reason": .orNull(end.reason),
            "message": .orNull(end.message),
            "success": .bool(end.status == .exited && end.exitCode == 0),
            "stdout": .string(stdout.text),
            "stderr": .string(stderr.text),
            "truncated": .bool(stdout.isCut || stderr.isCut),
            "stdoutBytes": .integer(Int64(clamping: stdout.total)),
            "stderrBytes": .integer(Int64(clamping: stderr.total)),
            "outputOpen": .bool(end.outputOpen),
            "durationMs": .integer(durationMs),
        ]
    }
}

extension ProcessEnd {
    /// What a worker says of a process.
    init(_ state: WireProcessState) {
        let status: ProcessStatus =
            switch state.status {
            case .running: .running
            case .exited: .exited
            case .killed: .killed
            case .failed: .failed
            // A word of a later version tells us nothing of the end.
            case .lost, .unspecified, .UNRECOGNIZED: .lost
            }
        self.init(
            status,
            exitCode: state.hasExitCode ? state.exitCode : nil,
            signal: state.signal.isEmpty ? nil : state.signal,
            reason: state.reason.isEmpty ? nil : state.reason,
            message: state.message.isEmpty ? nil : state.message,
            outputOpen: state.outputOpen
        )
    }
}
