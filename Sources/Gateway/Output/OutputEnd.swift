import Model
import ProcessOutput
import Store

/// The last chunk of a record whose own is missing: what the row says.
struct OutputEnd: Sendable {
    private let process: ProcessRecord
    private let isShort: Bool

    /// The code of a record whose process is lost; the other codes are those of faults.
    static let processLost = "process_lost"

    init(of process: ProcessRecord, after sink: OutputSink) {
        self.process = process
        let position = sink.position
        // Without any batch nobody knows where the bytes stand, but then nothing was asked for that is missing.
        isShort =
            process.chunkCount > position.sequence
            || !sink.isFresh && (process.stdoutBytes > position.stdout || process.stderrBytes > position.stderr)
    }

    var json: JSONValue {
        let (code, message) = told
        return [
            "code": .string(code), "message": .string(message), "status": .string(process.status.rawValue),
            "reason": .orNull(process.reason), "exitCode": .orNull(process.exitCode.map { Int64($0) }),
            "signal": .orNull(process.signal),
        ]
    }

    private var told: (String, String) {
        switch process.status {
        case .lost where !isShort: (Self.processLost, process.message ?? "How the process ended cannot be known.")
        case .failed where !isShort:
            (FaultCode.processStartFailed.rawValue, process.message ?? "The program could not be started.")
        case .running, .exited, .failed, .killed, .lost:
            (
                FaultCode.outputTruncated.rawValue,
                "The end of the output is not there; the row says how the process ended."
            )
        }
    }
}
