import HTTPTypes
import Hummingbird
import Logging
import Model
import ProcessOutput
import ServiceHost
import ServiceLifecycle
import Store

extension ProcessesController {
    /// How long a count may be waited for; without it the row's own is shown.
    private static let patience = Duration.seconds(1)
    private static let waits = 0...300_000

    /// 201 with the row of a process that this request started, 200 when its operation had before.
    @Sendable func start(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let sandbox = try context.sandbox
        let wanted = try ProcessBody(try await body.read(request, context), for: .processes, request)
        let started = try await calls.start(wanted, in: sandbox, context)
        return .json(ProcessView(started.record).json, status: started.isNew ? .created : .ok)
    }

    @Sendable func list(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var query = try QueryReader(request)
        let status = try query.word("status", of: ProcessStatus.self)
        let kind = try query.word("kind", of: ProcessKind.self)
        let limit = try query.integer("limit", in: 1...200) ?? 50
        let cursor: ProcessID? = try query.identifier("cursor")
        try query.finish()
        let (sandbox, workspace) = (try context.sandbox, try context.principal.workspace)
        let found = try await rows.processes(
            of: sandbox,
            in: workspace,
            status: status,
            kind: kind,
            before: cursor,
            limit: limit + 1
        )
        // Processes are remembered for longer than their sandbox.
        if found.isEmpty, try await !isThere(sandbox, workspace) { throw Fault.sandboxNotFound }
        let page = found.prefix(limit)
        return .page(page.map { ProcessView($0).json }, next: found.count > limit ? page.last?.id.rawValue : nil)
    }

    @Sendable func show(_ request: Request, _ context: GatewayContext) async throws -> Response {
        try QueryReader(request).finish()
        let record = try await process(context)
        return .json(ProcessView(record, position: await position(of: record, context)).json)
    }

    /// The row as soon as it has ended, or as it is at the end of the time.
    @Sendable func wait(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var query = try QueryReader(request)
        let time = Duration.milliseconds(try query.integer("timeoutMs", in: Self.waits) ?? 30_000)
        try query.finish()
        var record = try await process(context)
        if record.isRunning, time > .zero {
            if let end = try await ended.end(of: record.id, in: record.workspace, within: time) {
                record = end
            } else {
                record = try await process(context)
            }
        }
        return .json(ProcessView(record, position: await position(of: record, context)).json)
    }

    /// Where a record stands whose row does not know; nil when the broker does not say so soon.
    private func position(of record: ProcessRecord, _ context: GatewayContext) async -> OutputPosition? {
        guard record.isRunning || record.streamLast == nil else { return nil }
        return await withTaskGroup(of: OutputPosition?.self) { group in
            defer { group.cancelAll() }
            group.addTask { [output] in
                do {
                    return try await OutputStanding(of: record, from: output).position
                } catch {
                    context.logger.debug(
                        "counts not read",
                        metadata: .keyed([.process: "\(record.id)", .error: "\(error)"])
                    )
                    return nil
                }
            }
            group.addTask {
                // Cancelled when the answer came first.
                try? await Task.sleep(for: Self.patience)
                return nil
            }
            return await group.next() ?? nil
        }
    }
}
