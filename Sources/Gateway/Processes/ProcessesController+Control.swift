import HTTPTypes
import Hummingbird
import Model
import Store
import SwiftProtobuf
import Wire

extension ProcessesController {
    private static let graces: ClosedRange<Int64> = 0...60_000

    @Sendable func signal(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var reader = try JSONObjectReader(try await body.read(request, context))
        let name = try SignalName.read("signal", &reader)
        try reader.finish()
        let record = try await running(context)
        var operation = WireSandboxRequest()
        operation.operationID = try request.operationID
        operation.signalProcess = .with {
            $0.processID = record.id.rawValue
            $0.signal = name
        }
        try await noteKill(record, context)
        try await ask(operation, about: record, within: settings.callTimeout, context)
        return .json(ProcessView(try await process(context)).json)
    }

    /// Answers once the whole tree is dead and the row says so; of a process that has ended, with its row.
    @Sendable func cancel(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var grace: Int64 = 500
        if let value = try await body.readIfAny(request, context) {
            var reader = try JSONObjectReader(value)
            grace = try reader.integer("graceMs", in: Self.graces) ?? grace
            try reader.finish()
        }
        let record = try await process(context)
        guard record.isRunning else { return .json(ProcessView(record).json) }
        if let refusal = record.refusal { throw refusal }
        var operation = WireSandboxRequest()
        operation.operationID = try request.operationID
        operation.cancelProcess = .with {
            $0.processID = record.id.rawValue
            $0.graceMs = grace
        }
        try await noteKill(record, context)
        do {
            try await ask(operation, about: record, within: settings.callTimeout + .milliseconds(grace), context)
        } catch let fault as Fault where fault.code != .cancelled {
            // It ended by itself, or with its sandbox: the row tells.
            let now = try await process(context)
            guard !now.isRunning else { throw fault }
            return .json(ProcessView(now).json)
        }
        return .json(ProcessView(try await process(context)).json)
    }

    @Sendable func resize(_ request: Request, _ context: GatewayContext) async throws -> Response {
        var reader = try JSONObjectReader(try await body.read(request, context))
        let size = try ProcessBody.Terminal(&reader)
        let record = try await running(context)
        guard record.hasTerminal else {
            throw Fault(
                .unsupported,
                "The process has no terminal.",
                hint: "Start it with pty.",
                details: ["processId": record.id.rawValue]
            )
        }
        var operation = WireSandboxRequest()
        operation.operationID = try request.operationID
        operation.resizeTerminal = .with {
            $0.processID = record.id.rawValue
            $0.size = size.wire
        }
        try await ask(operation, about: record, within: settings.callTimeout, context)
        return .noContent
    }

    /// The event of its end names who asked for it.
    private func noteKill(_ record: ProcessRecord, _ context: GatewayContext) async throws {
        try await rows.noteKill(record.id, in: record.workspace, actor: "key/\(try context.principal.key)")
    }

    /// Asks the owner; what it does not have is told by the row.
    private func ask(
        _ operation: WireSandboxRequest,
        about record: ProcessRecord,
        within time: Duration,
        _ context: GatewayContext
    ) async throws {
        do {
            _ = try await calls.caller.ask(
                operation,
                of: record.sandbox,
                in: record.workspace,
                context.call(within: time)
            )
        } catch let fault as Fault {
            throw try await told(fault, of: record)
        }
    }

    /// What a caller is told of a process that its owner does not have, or whose sandbox is not active any more.
    func told(_ fault: Fault, of record: ProcessRecord) async throws -> Fault {
        let known = ["processId": record.id.rawValue]
        guard [.processEnded, .processNotFound, .sandboxNotActive, .sandboxNotFound].contains(fault.code) else {
            return fault.adding(known)
        }
        guard let now = try await rows.process(record.id, in: record.workspace) else { return .processNotFound }
        if !now.isRunning { return now.ended }
        guard fault.code == .processNotFound else { return fault.adding(known) }
        return Fault(.moving, "The process is changing its owner.", hint: "Try again.", retryAfter: 1, details: known)
    }
}
