import HTTPTypes
import Hummingbird
import Logging
import Model
import NIOCore
import ProcessOutput
import ServiceHost
import Store

/// The answer of a request for a process's record.
///
/// What can be refused is refused with a status before the stream begins; after that a typed chunk is the last line.
struct OutputAnswer: Sendable {
    let process: ProcessRecord
    let query: OutputQuery
    let source: any OutputSource
    let rows: any ProcessRows
    let heartbeat: Duration
    let logger: Logger

    func response() async throws -> Response {
        response(process.isRunning && query.follows ? try await following() : try await reading())
    }

    /// The answer of somebody who has just started the process: there is nothing to refuse.
    var fresh: Response { response(.follow(first: nil, from: 1)) }

    /// What the body of the answer does after the checks.
    private enum Opening: Sendable {
        case follow(first: ChunkBatch?, from: UInt64)
        case read(first: ChunkBatch?, rest: any OutputPass, from: UInt64)
    }

    private func following() async throws -> Opening {
        let next: UInt64
        if case .sequence(let sequence) = readerStart {
            next = sequence
        } else {
            // Before the look for the bytes: what comes after this is followed, whatever the look finds.
            next = try await OutputStanding(of: process, from: source).position.sequence + 1
        }
        let first = try await source.stored(of: process, from: readerStart).next()
        return .follow(first: first, from: first.map { $0.position.sequence + 1 } ?? next)
    }

    private func reading() async throws -> Opening {
        let stored = source.stored(of: process, from: readerStart)
        if let first = try await stored.next() {
            if first.position.hasEnded, isBeyond(first.position) { throw outOfRange(first.position.sequence) }
            return .read(first: first, rest: stored, from: first.firstSequence)
        }
        if process.outputState == .expired { throw OutputError.expired(upTo: process.chunkCount) }
        var next = try await OutputStanding(of: process, from: source).position
        // Of an incomplete record the end is told as one chunk more.
        if isBeyond(next, isOneMore: true) { throw outOfRange(next.sequence) }
        next.sequence += 1
        return .read(first: nil, rest: stored, from: next.sequence)
    }

    private var readerStart: OutputReader.Start {
        if let resumed = query.resumed { return .sequence(resumed) }
        switch query.start {
        case .sequence(let sequence): return .sequence(sequence)
        case .offsets(let stdout, let stderr): return .offsets(stdout: stdout, stderr: stderr)
        }
    }

    /// Whether what is asked for lies after everything, so that there will be nothing for somebody who does not wait.
    private func isBeyond(_ position: OutputPosition, isOneMore: Bool = false) -> Bool {
        switch readerStart {
        case .sequence(let sequence): sequence > position.sequence + (isOneMore ? 1 : 0)
        case .offsets(let stdout, let stderr):
            (stdout ?? .max) > position.stdout && (stderr ?? .max) > position.stderr
        }
    }

    private func outOfRange(_ last: UInt64) -> Fault {
        Fault(
            .outOfRange,
            "The output has nothing there.",
            hint: process.isRunning ? "Wait for more with follow=true." : nil,
            details: ["lastSeq": "\(last)", "processStatus": process.status.rawValue]
        )
    }

    private func response(_ opening: Opening) -> Response {
        let reading = OutputReading(process: process, source: source, rows: rows, heartbeat: heartbeat, logger: logger)
        let spelling = ChunkSpelling(query.format, sandbox: process.sandbox, process: process.id)
        let body = ResponseBody { writer in
            switch opening {
            case .follow(let first, let from):
                var sink = OutputSink(spelling: spelling, cut: query.cut, from: from)
                if let first { try await sink.write(first, to: &writer) }
                if !sink.position.hasEnded { try await reading.follow(into: &sink, to: &writer) }
            case .read(let first, let rest, let from):
                var sink = OutputSink(spelling: spelling, cut: query.cut, from: from)
                if let first { try await sink.write(first, to: &writer) }
                if !sink.position.hasEnded { try await reading.read(rest, into: &sink, to: &writer) }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: query.format.mediaType, .cacheControl: "no-store", .processID: process.id.rawValue,
            ],
            body: body
        )
    }
}
