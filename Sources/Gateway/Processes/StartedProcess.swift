import Model
import Store
import SwiftProtobuf
import Wire

/// A process that runs, or ran, because it was asked for.
struct StartedProcess: Sendable {
    var record: ProcessRecord
    /// This request started it.
    var isNew: Bool
}

extension ProcessCalls {
    /// Has a process started, and gives its row; what of its input did not fit into the request follows.
    func start(
        _ process: ProcessBody,
        in sandbox: SandboxID,
        _ context: GatewayContext
    ) async throws -> StartedProcess {
        if process.feedsInput { try feeders.check(process.stdin.count) }
        let started = try await startOnly(process, in: sandbox, context)
        if process.feedsInput, started.record.isRunning {
            // Of a process that ran before, too: whoever started it may have gone in the middle of its input.
            feeders.feed(
                process.stdin,
                from: process.inlineInput,
                to: input(of: started.record, context),
                staysOpen: process.staysOpen
            )
        }
        return started
    }

    func input(of record: ProcessRecord, _ context: GatewayContext) -> ProcessInput {
        ProcessInput(
            caller: caller,
            callTimeout: callTimeout,
            process: record.id,
            sandbox: record.sandbox,
            context: context
        )
    }

    private func startOnly(
        _ process: ProcessBody,
        in sandbox: SandboxID,
        _ context: GatewayContext
    ) async throws -> StartedProcess {
        let id = ID.new(of: Kind.Process.self)
        var request = WireSandboxRequest()
        request.operationID = process.operation
        request.startProcess = process.start(as: id)
        switch try await start(request, in: sandbox, context) {
        case .found(let record): return StartedProcess(record: record, isNew: record.id == id)
        case .answered(let reply):
            guard case .process(let state) = reply.result else { throw Fault.otherAnswer }
            guard let record = try await rows.process(try state.identifier, in: try context.principal.workspace) else {
                throw Fault.processNotFound
            }
            return StartedProcess(record: record, isNew: !state.existed)
        }
    }
}

extension WireProcessState {
    var identifier: ProcessID {
        get throws(Fault) {
            guard let id = ProcessID(processID) else { throw .otherAnswer }
            return id
        }
    }
}

extension Fault {
    static let processNotFound = Fault(.processNotFound, "There is no such process.")
    static let otherAnswer = Fault(.internal, "The worker answered with something else.")
}
