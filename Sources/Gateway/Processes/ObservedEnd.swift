import Model
import ProcessOutput

/// How an observed process ended, as its reporter tells it.
struct ObservedEnd: Sendable {
    var end: ProcessEnd

    /// - Parameter standard: The status that is meant when none is told.
    init(_ reader: inout JSONObjectReader, standard: ProcessStatus? = nil) throws(Fault) {
        let told = try reader.word("status", of: ProcessStatus.self)
        let exitCode = try reader.integer("exitCode", in: Int64(Int32.min)...Int64(Int32.max)).map { Int32($0) }
        let signal = try Self.signal(&reader)
        let reason = try reader.line("reason", in: 1...128)
        let message = try reader.line("message", in: 1...4096)
        let isOpen = try reader.bool("outputOpen") ?? false
        let implied: ProcessStatus? = exitCode != nil ? .exited : signal != nil ? .killed : standard
        guard let status = told ?? implied else {
            throw reader.invalid("status", "has to be one of exited, failed, killed, lost")
        }
        guard status != .running else {
            throw reader.invalid("status", "has to be one of exited, failed, killed, lost")
        }
        guard exitCode == nil || status == .exited else { throw reader.invalid("exitCode", "goes with exited only") }
        guard signal == nil || status == .killed else { throw reader.invalid("signal", "goes with killed only") }
        guard reason != nil || status != .lost else { throw reader.invalid("reason", "has to say why it is lost") }
        end = ProcessEnd(
            status,
            exitCode: exitCode,
            signal: signal,
            reason: reason ?? Self.reason(of: status),
            message: message,
            outputOpen: isOpen
        )
    }

    /// Names of other systems are taken as well.
    private static func signal(_ reader: inout JSONObjectReader) throws(Fault) -> String? {
        guard let text = try reader.line("signal", in: 1...32)?.uppercased() else { return nil }
        let name = text.hasPrefix("SIG") ? String(text.dropFirst(3)) : text
        let isName = !name.isEmpty && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) }
        guard isName else { throw reader.invalid("signal", "has to be the name of a signal, as in TERM") }
        return name
    }

    private static func reason(of status: ProcessStatus) -> String? {
        switch status {
        case .killed: ProcessEnd.Reason.signal
        case .failed: ProcessEnd.Reason.startFailed
        case .running, .exited, .lost: nil
        }
    }
}

extension ProcessEnd {
    /// The last chunk of a record that ends so.
    var chunkType: ChunkType {
        switch status {
        case .exited, .killed, .running: .exit
        case .failed, .lost: .error
        }
    }

    /// What that chunk says, after so many bytes.
    func chunk(at position: OutputPosition) -> JSONValue {
        guard chunkType == .exit else {
            let isLost = status == .lost
            return [
                "code": .string(isLost ? OutputEnd.processLost : FaultCode.processStartFailed.rawValue),
                "message": .string(message ?? (isLost ? "The process is lost." : "The process has failed.")),
                "status": .string(status.rawValue), "reason": .orNull(reason),
            ]
        }
        return [
            "status": .string(status.rawValue), "exitCode": .orNull(exitCode.map { Int64($0) }),
            "signal": .orNull(signal),
            "reason": .orNull(reason), "stdoutBytes": .integer(Int64(clamping: position.stdout)),
            "stderrBytes": .integer(Int64(clamping: position.stderr)), "outputOpen": .bool(outputOpen),
        ]
    }
}
