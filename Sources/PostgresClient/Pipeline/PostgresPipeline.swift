import Dispatch
package import Logging

/// One connection in libpq's pipeline mode, for short single statements at high concurrency.
///
/// What waits is sent as one batch with one sync, so many callers share a round trip and a commit. A batch is one
/// transaction; after an error its statements run again one by one, and each caller gets what its own came to.
/// Statements that control transactions have no place here.
package final class PostgresPipeline: Sendable {
    private let mailbox: PipelineMailbox

    /// Connects at the first statement, and again after the connection was lost.
    package init(_ configuration: PostgresConfiguration, logger: Logger = Logger(label: "postgres.pipeline")) {
        let mailbox = PipelineMailbox()
        self.mailbox = mailbox
        // A thread of its own: it blocks for work and for the server.
        DispatchQueue(label: "postgres.pipeline")
            .async {
                var loop = PipelineLoop(configuration: configuration, logger: logger)
                while let batch = mailbox.take() { loop.process(batch) }
            }
    }

    deinit {
        _ = mailbox.close()
    }

    /// Runs one statement, answered once it is committed.
    ///
    /// A cancelled caller stops waiting at once; if its statement was sent already, it may still take effect.
    package func query(_ sql: String, _ parameters: [any PostgresEncodable] = []) async throws -> PostgresRows {
        let request = PipelineRequest(statement: try Statement(sql, parameters))
        guard mailbox.append(request) else { throw PostgresError(.closed, "the pipeline is shut down") }
        do {
            return try await request.promise.value()
        } catch {
            // Not sent yet: then it never will be.
            if error is CancellationError { request.promise.resolve(.failure(error)) }
            throw error
        }
    }

    /// Runs one statement and gives the number of rows it touched.
    @discardableResult
    package func execute(_ sql: String, _ parameters: [any PostgresEncodable] = []) async throws -> Int {
        try await query(sql, parameters).affected
    }

    /// Fails what waits; what was sent is still answered.
    package func shutdown() {
        for request in mailbox.close() {
            request.promise.resolve(.failure(PostgresError(.closed, "the pipeline is shut down")))
        }
    }
}

/// A statement and whom to tell.
struct PipelineRequest: Sendable {
    let statement: Statement
    let promise = Promise<PostgresRows>()
}
