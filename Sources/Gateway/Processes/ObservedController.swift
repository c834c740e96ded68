import FoundationEssentials
import Hummingbird
import Logging
import Model
import NIOCore
import ProcessOutput
import ServiceHost
import Store

/// Observed processes: another program runs them, and its reports give the same rows and the same record.
struct ObservedController: Sendable {
    let rows: any ProcessRows
    let output: any OutputSource
    let signals: any EndSignals
    let body: JSONBody
    let settings: GatewaySettings
    /// Those who append to one record through this gateway.
    let writers = Turns<ProcessID>()

    var routes: [Route] {
        [
            Route(.post, "/v1/sandboxes/{id}/processes/observed", .scope(.write), handler: start),
            Route(.post, "/v1/processes/{id}/chunks", .scope(.write), handler: append),
            Route(.post, "/v1/processes/{id}/finish", .scope(.write), handler: finish),
        ]
    }

    /// 201 with a fresh row, 200 with that of a repeated operation; its record begins with a `status` chunk.
    @Sendable private func start(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let sandbox = try context.sandbox
        let wanted = try ObservedBody(try await body.read(request, context), request)
        let insertion = try await rows.observeProcess(
            wanted.process,
            in: sandbox,
            workspace: try context.principal.workspace,
            startedAt: wanted.startedAt
        )
        switch insertion {
        case nil, .leaseLost: throw Fault.sandboxNotFound
        case .conflict(let other):
            throw Fault(
                .operationConflict,
                "The operation id was used for another request.",
                hint: "Use another operation id.",
                details: ["processId": other.id.rawValue]
            )
        case .inserted(let record):
            try await begin(record)
            return .json(ProcessView(record, position: OutputPosition(sequence: 1)).json, status: .created)
        case .existing(let record):
            // The gateway that wrote the row may have gone before the first chunk.
            if record.isRunning { try await begin(record) }
            return .json(ProcessView(record).json)
        }
    }

    private func begin(_ record: ProcessRecord) async throws {
        let status = ObservedChunks.Piece(
            type: .status,
            at: Self.now,
            content: .object(["status": .string(ProcessStatus.running.rawValue)])
        )
        _ = try await writers.take(record.id) { try await self.record(record).append([status], at: 1) }
    }

    @Sendable private func append(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let chunks = try ObservedChunks(try await body.read(request, context), now: Self.now)
        let appended = try await writers.take(try context.process) {
            let process = try await current(context)
            // A repeat of what was stored before the end is answered as it was.
            guard process.isRunning || chunks.sequence != nil else { throw process.ended }
            let appended = try await record(process).append(chunks.pieces, at: chunks.sequence)
            if let end = chunks.end, process.isRunning {
                _ = try await self.end(process, as: end, appended, exitedAt: chunks.pieces.last?.at, context)
            }
            return appended
        }
        return .json([
            "firstSeq": .integer(Int64(clamping: appended.first)), "lastSeq": .integer(Int64(clamping: appended.last)),
        ])
    }

    /// Ends the record with its last chunk, then the row; repeated it gives the row.
    @Sendable private func finish(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var reader = try JSONObjectReader(try await body.read(request, context))
        let end = try ObservedEnd(&reader).end
        let exitedAt = try reader.time("exitedAt")
        try reader.finish()
        let ended = try await writers.take(try context.process) {
            let process = try await current(context)
            guard process.isRunning else { return process }
            let piece = ObservedChunks.Piece(type: end.chunkType, at: exitedAt ?? Self.now, content: .end(end))
            let appended = try await record(process).append([piece], at: nil)
            return try await self.end(process, as: end, appended, exitedAt: exitedAt, context)
        }
        // The first end stands.
        guard ended.status == end.status, ended.exitCode == end.exitCode, ended.signal == end.signal else {
            throw ended.ended
        }
        return .json(ProcessView(ended).json)
    }
}

extension ObservedController {
    private static var now: Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

    private func record(_ process: ProcessRecord) -> ObservedRecord {
        ObservedRecord(process: process, source: output, patience: settings.callTimeout)
    }

    /// The process that the path names, when its record is its caller's to write; ended when its record is.
    private func current(_ context: GatewayContext) async throws -> ProcessRecord {
        let process = try await rows.known(try context.process, in: try context.principal.workspace)
        guard process.isObserved else {
            throw Fault(
                .unsupported,
                "The fleet runs this process and keeps its record itself.",
                details: ["processId": process.id.rawValue]
            )
        }
        guard process.isRunning, let (end, appended) = try await record(process).untoldEnd() else { return process }
        return try await self.end(process, as: end, appended, exitedAt: nil, context)
    }

    private func end(
        _ process: ProcessRecord,
        as end: ProcessEnd,
        _ appended: ObservedRecord.Appended,
        exitedAt: Int64?,
        _ context: GatewayContext
    ) async throws -> ProcessRecord {
        let totals = OutputTotals(
            stdoutBytes: appended.position.stdout,
            stderrBytes: appended.position.stderr,
            chunkCount: appended.position.sequence,
            streamFirst: appended.streamFirst,
            streamLast: appended.streamLast
        )
        let ended = try await rows.endObserved(
            process.id,
            in: process.workspace,
            as: end,
            output: totals,
            exitedAt: exitedAt.map { Date(timeIntervalSince1970: Double($0) / 1000) },
            actor: "key/\(try context.principal.key)"
        )
        guard let ended else { throw Fault.processNotFound }
        do {
            try signals.announce(process.id, in: process.workspace)
        } catch {
            // Whoever waits reads the row again by himself.
            context.logger.debug(
                "end not announced",
                metadata: .keyed([.process: "\(process.id)", .error: "\(error)"])
            )
        }
        return ended
    }
}
