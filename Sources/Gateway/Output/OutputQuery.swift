import HTTPTypes
import Hummingbird
import Model
import ProcessOutput

/// What a reader asks for of a process's record.
struct OutputQuery: Sendable {
    enum Start: Sendable, Hashable {
        /// A chunk's number, from 1.
        case sequence(UInt64)
        /// Bytes of each stream; a stream that is not named is left out.
        case offsets(stdout: UInt64?, stderr: UInt64?)
    }

    var start: Start
    var follows: Bool
    var format: OutputFormat
    /// With `Last-Event-ID` the chunks after that one, whatever the address says; its cut stays.
    var resumed: UInt64?

    init(_ request: Request) throws(Fault) {
        var query = try QueryReader(request)
        let from = try query.counter("from")
        let stdout = try query.counter("stdout")
        let stderr = try query.counter("stderr")
        follows = try query.bool("follow") ?? false
        try query.finish()
        if stdout != nil || stderr != nil {
            guard from == nil else { throw query.invalid("from", "cannot be there together with stdout or stderr") }
            start = .offsets(stdout: stdout, stderr: stderr)
        } else {
            guard from != 0 else { throw query.invalid("from", "counts from 1") }
            start = .sequence(from ?? 1)
        }
        format = OutputFormat(accepted: request) ?? .lines
        resumed = try Self.resumption(request)
        if let resumed, case .sequence = start { start = .sequence(resumed) }
    }

    /// A command's own record, from its beginning to its end.
    init(whole format: OutputFormat) {
        start = .sequence(1)
        follows = true
        self.format = format
    }

    var cut: OutputCut {
        switch start {
        case .sequence(let first): OutputCut(from: first)
        case .offsets(let stdout, let stderr): OutputCut(stdout: stdout, stderr: stderr, from: resumed ?? 1)
        }
    }

    private static func resumption(_ request: Request) throws(Fault) -> UInt64? {
        guard let header = request.headers[.lastEventID], !header.isEmpty else { return nil }
        guard let last = QueryReader.counter(header), last < .max else {
            throw Fault(
                .invalidRequest,
                "Last-Event-ID has to be the number of a chunk.",
                details: ["parameter": "Last-Event-ID"]
            )
        }
        return last + 1
    }
}
