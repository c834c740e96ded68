import Logging

/// Sends batches over one session and answers their callers; used by one thread.
struct PipelineLoop {
    private let configuration: PostgresConfiguration
    private let logger: Logger
    private var session: ServerSession?

    init(configuration: PostgresConfiguration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    mutating func process(_ batch: [PipelineRequest]) {
        let session: ServerSession
        do throws(PostgresError) {
            session = try readySession()
        } catch {
            logger.warning("connecting to Postgres failed", metadata: ["error": "\(error)"])
            for request in batch {
                request.promise.resolve(.failure(error))
            }
            return
        }
        let outcomes = session.runPipelined(batch.map(\.statement), as: .oneTransaction)
        if batch.count == 1 || session.condition == .broken || outcomes.allSatisfy(\.isSuccess) {
            let stale = answer(batch, outcomes, repeatsStale: session.condition == .ready)
            runSeparately(stale, over: session, repeatsStale: false)
        } else {
            // The batch was rolled back as a whole, so nothing is done twice.
            let stale = runSeparately(batch, over: session, repeatsStale: true)
            runSeparately(stale, over: session, repeatsStale: false)
        }
    }

    /// Answers the callers, and gives the requests whose statement has to be prepared anew.
    @discardableResult
    private func runSeparately(
        _ batch: [PipelineRequest],
        over session: ServerSession,
        repeatsStale: Bool
    ) -> [PipelineRequest] {
        guard !batch.isEmpty else { return [] }
        let outcomes = session.runPipelined(batch.map(\.statement), as: .oneTransactionEach)
        return answer(batch, outcomes, repeatsStale: repeatsStale)
    }

    private func answer(
        _ batch: [PipelineRequest],
        _ outcomes: [PipelineOutcome],
        repeatsStale: Bool
    ) -> [PipelineRequest] {
        var stale: [PipelineRequest] = []
        for (request, outcome) in zip(batch, outcomes) {
            switch outcome {
            case .rows(let rows): request.promise.resolve(.success(rows))
            case .failed(let error) where error.isStaleStatement && repeatsStale: stale.append(request)
            case .failed(let error): request.promise.resolve(.failure(error))
            case .notReached:
                request.promise.resolve(.failure(PostgresError(.connectionLost, "the statement was not answered")))
            }
        }
        return stale
    }

    /// The session, or a new one if the server has closed it since; nothing was sent over it yet.
    private mutating func readySession() throws(PostgresError) -> ServerSession {
        if let session {
            let isUsable = session.condition == .ready && !SocketWait.isReadable(session.socket)
            if isUsable, !session.prepared.isFull { return session }
        }
        session = nil
        let fresh = try ServerSession(configuration)
        try fresh.enterPipelineMode()
        session = fresh
        return fresh
    }
}
