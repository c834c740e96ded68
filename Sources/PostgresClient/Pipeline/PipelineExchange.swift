import CPostgres

/// What a statement sent in a pipeline came to.
enum PipelineOutcome: Sendable {
    case rows(PostgresRows)
    case failed(PostgresError)
    /// An earlier statement of the same transaction failed.
    case notReached

    var isSuccess: Bool {
        if case .rows = self { true } else { false }
    }
}

/// How the statements of a batch are committed.
enum PipelineGrouping {
    case oneTransaction
    case oneTransactionEach
}

extension ServerSession {
    func enterPipelineMode() throws(PostgresError) {
        guard PQenterPipelineMode(connection) == 1 else { throw PostgresError.failed(connection) }
    }

    /// Sends all statements, then reads all answers; an outcome is final once its sync is through.
    func runPipelined(_ statements: [Statement], as grouping: PipelineGrouping) -> [PipelineOutcome] {
        var exchange = PipelineExchange(session: self, count: statements.count)
        do throws(PostgresError) {
            try exchange.send(statements, as: grouping)
            try exchange.receive()
        } catch {
            isOutOfStep = true
            exchange.failUnconfirmed(error)
        }
        return exchange.outcomes
    }
}

/// One batch: what was sent, in order, and what came back for it.
struct PipelineExchange {
    private enum Sent {
        case prepare(Statement.Key, name: String)
        case statement(Int, Statement.Key)
        /// Ends the transaction of these statements.
        case sync(Range<Int>)
    }

    private enum Answer {
        case result(ServerResult)
        case failure(PostgresError)
        case aborted
        case sync
    }

    private(set) var outcomes: [PipelineOutcome]
    private let session: ServerSession
    private var sent: [Sent] = []
    /// Why a statement could not be prepared; those that came to rely on it share the reason.
    private var unprepared: [Statement.Key: PostgresError] = [:]
    private var confirmed = 0

    init(session: ServerSession, count: Int) {
        self.session = session
        outcomes = Array(repeating: .notReached, count: count)
    }

    mutating func send(_ statements: [Statement], as grouping: PipelineGrouping) throws(PostgresError) {
        var names: [Statement.Key: String] = [:]
        for (index, statement) in statements.enumerated() {
            let name = try prepare(statement.key, &names)
            let status = statement.withParameters { count, values, lengths, formats in
                PQsendQueryPrepared(session.connection, name, count, values, lengths, formats, 0)
            }
            try check(status)
            sent.append(.statement(index, statement.key))
            if grouping == .oneTransactionEach { try sync(index..<index + 1) }
        }
        if grouping == .oneTransaction { try sync(statements.indices) }
    }

    mutating func receive() throws(PostgresError) {
        for step in sent {
            switch step {
            case .prepare(let key, let name):
                switch try answer() {
                case .result: session.prepared.insert(name, for: key)
                case .failure(let error): unprepared[key] = error
                case .aborted: break
                case .sync: throw outOfStep
                }
            case .statement(let index, let key): outcomes[index] = try outcome(for: key)
            case .sync(let statements): try receiveSync(of: statements)
            }
        }
    }

    mutating func failUnconfirmed(_ error: PostgresError) {
        for index in confirmed..<outcomes.count {
            outcomes[index] = .failed(error)
        }
    }

    private mutating func prepare(
        _ key: Statement.Key,
        _ names: inout [Statement.Key: String]
    ) throws(PostgresError) -> String {
        if let name = session.prepared.name(for: key) ?? names[key] { return name }
        let name = session.prepared.makeName()
        try check(PQsendPrepare(session.connection, name, key.sql, Int32(key.types.count), key.types))
        names[key] = name
        sent.append(.prepare(key, name: name))
        return name
    }

    private mutating func sync(_ statements: Range<Int>) throws(PostgresError) {
        try check(PQpipelineSync(session.connection))
        sent.append(.sync(statements))
    }

    private func check(_ status: Int32) throws(PostgresError) {
        guard status == 1 else { throw PostgresError.lost(session.connection) }
    }

    private func outcome(for key: Statement.Key) throws(PostgresError) -> PipelineOutcome {
        switch try answer() {
        case .result(let result): return .rows(PostgresRows(result))
        case .failure(let error):
            if error.isStaleStatement { _ = session.prepared.remove(key) }
            return .failed(error.sqlState == "26000" ? unprepared[key] ?? error : error)
        case .aborted: return unprepared[key].map { .failed($0) } ?? .notReached
        case .sync: throw outOfStep
        }
    }

    private mutating func receiveSync(of statements: Range<Int>) throws(PostgresError) {
        switch try answer() {
        case .sync: break
        case .failure(let error):
            // The commit itself failed, as with a deferred constraint.
            for index in statements { outcomes[index] = .failed(error) }
            guard case .sync = try answer() else { throw outOfStep }
        case .result, .aborted: throw outOfStep
        }
        confirmed = statements.upperBound
    }

    private func answer() throws(PostgresError) -> Answer {
        guard let pointer = PQgetResult(session.connection) else { throw PostgresError.lost(session.connection) }
        let result = ServerResult(owning: pointer)
        let answer: Answer
        switch PQresultStatus(pointer) {
        case PGRES_PIPELINE_SYNC: return .sync
        case PGRES_PIPELINE_ABORTED: answer = .aborted
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY: answer = .result(result)
        case PGRES_FATAL_ERROR:
            let error = PostgresError(result: pointer, connection: session.connection)
            guard error.code != .connectionLost else { throw error }
            answer = .failure(error)
        default: throw outOfStep
        }
        // A null result ends the answer to one command.
        if let unexpected = PQgetResult(session.connection) {
            PQclear(unexpected)
            throw outOfStep
        }
        return answer
    }

    private var outOfStep: PostgresError {
        PostgresError(.connectionLost, "the server's answers do not match what was sent")
    }
}
