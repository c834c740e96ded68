public import FoundationEssentials

extension SandfleetClient {
    /// Makes a record of a process that the caller runs itself, once.
    ///
    /// - Parameters:
    ///   - process: What is known of it.
    ///   - sandbox: The sandbox that it belongs to.
    ///   - operationId: The same id and process are the same record; nil makes a new id for this call.
    /// - Returns: The process, which its caller feeds from now on.
    /// - Throws: `SandfleetError`.
    public func recordProcess(
        _ process: ObservedProcess,
        in sandbox: String,
        operationId: String? = nil
    ) async throws -> SandboxProcess {
        let path = ["v1", "sandboxes", sandbox, "processes", "observed"]
        let body = RecordRequest(process: process, operationId: operationId ?? Self.newOperation())
        var request = try APIRequest("POST", path).json(body)
        request.isRepeatable = true
        var patience = connection.patienceOnceDelivered
        return try await connection.value(request, patience: &patience)
    }

    /// Appends chunks to the output of an observed process.
    ///
    /// - Parameters:
    ///   - chunks: What to append, in order.
    ///   - id: The process's id.
    ///   - sequence: The number that the first of them gets. With it the call is repeated until it is answered, and
    ///     appends once; without it the outcome of a broken connection is not known.
    /// - Returns: The numbers of the chunks.
    /// - Throws: `SandfleetError`; `processEnded` after the end, `operationConflict` for a number that leaves a gap.
    @discardableResult
    public func append(
        _ chunks: [ObservedChunk],
        to id: String,
        at sequence: Int? = nil
    ) async throws -> ClosedRange<Int> {
        let body = AppendRequest(chunks: chunks, seq: sequence)
        var request = try APIRequest("POST", ["v1", "processes", id, "chunks"]).json(body)
        let appended: AppendAnswer
        if sequence == nil {
            appended = try await connection.value(request)
        } else {
            request.isRepeatable = true
            var patience = connection.patience()
            appended = try await connection.value(request, patience: &patience)
        }
        guard appended.firstSeq <= appended.lastSeq else {
            throw SandfleetError(.invalidResponse, "the answer names no chunks")
        }
        return appended.firstSeq...appended.lastSeq
    }

    /// Ends an observed process.
    ///
    /// - Parameters:
    ///   - id: The process's id.
    ///   - exit: How it ended.
    ///   - exitedAt: When it ended; nil is now.
    /// - Returns: The process.
    /// - Throws: `SandfleetError`; `processEnded` when it had ended before.
    @discardableResult
    public func finishProcess(
        _ id: String,
        _ exit: ProcessExit,
        exitedAt: Date? = nil
    ) async throws -> SandboxProcess {
        let body = FinishRequest(
            status: exit.status,
            exitCode: exit.exitCode,
            signal: exit.signal,
            reason: exit.reason,
            message: exit.message,
            exitedAt: exitedAt
        )
        return try await connection.value(APIRequest("POST", ["v1", "processes", id, "finish"]).json(body))
    }

    private struct RecordRequest: Encodable {
        enum CodingKeys: String, CodingKey {
            case operationId
        }

        let process: ObservedProcess
        let operationId: String

        func encode(to encoder: any Encoder) throws {
            try process.encode(to: encoder)
            var values = encoder.container(keyedBy: CodingKeys.self)
            try values.encode(operationId, forKey: .operationId)
        }
    }

    private struct AppendRequest: Encodable {
        let chunks: [ObservedChunk]
        let seq: Int?
    }

    private struct AppendAnswer: Decodable {
        let firstSeq: Int
        let lastSeq: Int
    }

    private struct FinishRequest: Encodable {
        let status: ProcessStatus
        let exitCode: Int?
        let signal: String?
        let reason: String?
        let message: String?
        let exitedAt: Date?
    }
}
