import Bus
import HTTPTypes
import Hummingbird
import Logging
import Model
import NIOCore
import ServiceHost
import ServiceLifecycle
import Store
import SwiftProtobuf
import Wire

/// `/v1/sandboxes/{id}/commands`: run and wait, or read along.
///
/// A caller that goes away ends nothing: the process goes on, and is found by its operation id.
struct CommandsController: Sendable {
    /// How long one look for the end of a process lasts; another one follows.
    private static let look = Duration.seconds(60)

    let calls: ProcessCalls
    let ended: EndedProcesses
    let output: any OutputSource
    let body: JSONBody
    let settings: GatewaySettings

    var routes: [Route] {
        [Route(.post, "/v1/sandboxes/{id}/commands", .scope(.write), handler: run)]
    }

    @Sendable private func run(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let sandbox = try context.sandbox
        let command = try ProcessBody(try await body.read(request, context), for: .commands, request)
        if let format = OutputFormat(accepted: request) { return try await stream(command, format, sandbox, context) }
        if command.feedsInput {
            return try await result(of: try await calls.start(command, in: sandbox, context).record.id, context)
        }
        var operation = WireSandboxRequest()
        operation.operationID = command.operation
        operation.run = .with {
            $0.start = command.start(as: ID.new())
            $0.tailLimit = Int64(settings.outputLimit)
        }
        switch try await calls.start(operation, in: sandbox, context) {
        case .found(let record):
            return try await result(of: record.id, context)
        case .answered(let reply):
            guard case .command(let result) = reply.result else { throw Fault.otherAnswer }
            guard result.attached else { return .json(CommandResultView(result).json) }
            return try await self.result(of: try result.process.identifier, context)
        }
    }

    /// Answers at once with the chunks as they come.
    private func stream(
        _ command: ProcessBody,
        _ format: OutputFormat,
        _ sandbox: SandboxID,
        _ context: GatewayContext
    ) async throws -> Response {
        let started = try await calls.start(command, in: sandbox, context)
        let answer = OutputAnswer(
            process: started.record,
            query: OutputQuery(whole: format),
            source: output,
            rows: calls.rows,
            heartbeat: settings.heartbeat,
            logger: context.logger
        )
        return started.isNew && started.record.isRunning ? answer.fresh : try await answer.response()
    }

    /// The answer of a command that another request started, or whose owner went: once its row has ended.
    private func result(of process: ProcessID, _ context: GatewayContext) async throws -> Response {
        let workspace = try context.principal.workspace
        while true {
            if let record = try await ended.end(of: process, in: workspace, within: Self.look) {
                let tails = try await OutputTails(of: record, limit: settings.outputLimit, from: output)
                return .json(CommandResultView(record, tails).json)
            }
            if Task.isShuttingDownGracefully {
                throw Fault(
                    .busUnavailable,
                    "This gateway stops; the command goes on.",
                    hint: "Repeat the request with the same operation id.",
                    retryAfter: 1,
                    details: ["processId": process.rawValue]
                )
            }
        }
    }
}
