import Hummingbird
import Logging
import Model
import ProcessOutput
import ServiceHost
import ServiceLifecycle
import Store

/// Carries a record to a client, and tells it how the record ends.
///
/// The row is the authority on the end (rule 17): a record that is shorter than its row says ends with a typed chunk.
struct OutputReading: Sendable {
    let process: ProcessRecord
    let source: any OutputSource
    let rows: any ProcessRows
    let heartbeat: Duration
    let logger: Logger

    /// What is stored, and the end when there will be no more.
    @concurrent func read(
        _ stored: any OutputPass,
        into sink: inout OutputSink,
        to writer: inout any ResponseBodyWriter
    ) async throws {
        do {
            while let batch = try await stored.next() {
                try await sink.write(batch, to: &writer)
                if batch.position.hasEnded { return }
            }
        } catch let error as OutputError {
            return try await broke(error, &sink, &writer)
        }
        if !process.isRunning { try await sink.end(with: OutputEnd(of: process, after: sink).json, to: &writer) }
    }

    /// What is stored, then what comes, until the end of the record or the client's leaving.
    ///
    /// A gateway that stops ends the answer without a last chunk; the client goes on elsewhere.
    @concurrent func follow(into sink: inout OutputSink, to writer: inout any ResponseBodyWriter) async throws {
        do {
            let follower = try await source.follow(process, from: sink.position.sequence + 1)
            defer { follower.close() }
            try await withGracefulShutdownHandler {
                try await follow(follower, &sink, &writer)
            } onGracefulShutdown: {
                follower.close()
            }
        } catch let error as OutputError {
            try await broke(error, &sink, &writer)
        } catch is CancellationError where !Task.isCancelled {
            // The gateway stops.
        }
    }

    @concurrent private func follow(
        _ follower: any OutputFollowing,
        _ sink: inout OutputSink,
        _ writer: inout any ResponseBodyWriter
    ) async throws {
        while true {
            switch try await follower.next(within: heartbeat) {
            case .batch(let batch):
                try await sink.write(batch, to: &writer)
                if batch.position.hasEnded { return }
            case .end:
                return
            case .idle:
                try await sink.heartbeat(to: &writer)
                if try await hasEnded(&sink, &writer) { return }
            }
        }
    }

    /// Looks at the row of a silent process: an end that left nothing in the stream is told here.
    @concurrent private func hasEnded(_ sink: inout OutputSink, _ writer: inout any ResponseBodyWriter) async throws
        -> Bool
    {
        let now: ProcessRecord?
        do {
            now = try await rows.process(process.id, in: process.workspace)
        } catch let error as StoreError {
            logger.debug("row not read", metadata: .keyed([.process: "\(process.id)", .error: "\(error)"]))
            return false
        }
        guard let now else { throw OutputError.expired(upTo: sink.position.sequence) }
        guard !now.isRunning else { return false }
        // What was stored before the row ended is there by now, whatever the follower has seen of it.
        let reading = OutputReading(process: now, source: source, rows: rows, heartbeat: heartbeat, logger: logger)
        let rest = source.stored(of: now, from: .sequence(sink.position.sequence + 1))
        try await reading.read(rest, into: &sink, to: &writer)
        return true
    }

    @concurrent private func broke(
        _ error: OutputError,
        _ sink: inout OutputSink,
        _ writer: inout any ResponseBodyWriter
    ) async throws {
        logger.info("output broke off", metadata: .keyed([.process: "\(process.id)", .error: "\(error)"]))
        // Whatever may be better a moment later is left to the client's next request.
        guard case .expired = error else { throw error }
        let fault = Fault(caught: error)
        try await sink.end(
            with: ["code": .string(fault.code.rawValue), "message": .string(fault.message)],
            to: &writer
        )
    }
}
