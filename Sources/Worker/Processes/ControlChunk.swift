import Model
import NIOCore

/// What the chunks that are not output say, as JSON objects.
enum ControlChunk {
    static func running(epoch: UInt64) -> ByteBuffer {
        ByteBuffer(string: #"{"status":"running","epoch":\#(epoch)}"#)
    }

    /// Another owner goes on from here (rule 14).
    static func attached(epoch: UInt64, previousEpoch: UInt64) -> ByteBuffer {
        ByteBuffer(string: #"{"status":"attached","epoch":\#(epoch),"previousEpoch":\#(previousEpoch)}"#)
    }

    /// What comes after this is not stored.
    static func outputLimit(_ bytes: UInt64) -> ByteBuffer {
        ByteBuffer(string: #"{"status":"output_limit","limitBytes":\#(bytes)}"#)
    }

    /// The last chunk of what has a wait status; the bytes are all that it wrote, stored or not.
    static func exit(_ end: ProcessEnd, written: OutputOffsets) -> ByteBuffer {
        let exitCode = end.exitCode.map { "\($0)" } ?? "null"
        return ByteBuffer(
            string: #"{"status":\#(quoted(end.status.rawValue)),"exitCode":\#(exitCode),"#
                + #""signal":\#(quoted(end.signal)),"reason":\#(quoted(end.reason)),"#
                + #""stdoutBytes":\#(written.stdout),"stderrBytes":\#(written.stderr),"outputOpen":\#(end.outputOpen)}"#
        )
    }

    /// The last chunk of what was never started, or of what nobody can know the end of.
    static func error(_ end: ProcessEnd) -> ByteBuffer {
        let code = end.status == .failed ? FaultCode.processStartFailed.rawValue : "process_lost"
        return ByteBuffer(
            string: #"{"code":\#(quoted(code)),"message":\#(quoted(end.message ?? "")),"#
                + #""status":\#(quoted(end.status.rawValue)),"reason":\#(quoted(end.reason))}"#
        )
    }

    private static func quoted(_ text: String?) -> String {
        guard let text else { return "null" }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\t": quoted += "\\t"
            case ..<" ": quoted += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}

/// How many bytes of each stream.
struct OutputOffsets: Sendable, Hashable {
    var stdout: UInt64 = 0
    var stderr: UInt64 = 0

    var total: UInt64 { stdout + stderr }
}
