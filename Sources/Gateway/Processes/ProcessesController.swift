import Bus
import Hummingbird
import Logging
import Model
import Store

/// `/v1/sandboxes/{id}/processes` and `/v1/processes/{id}`: processes that workers run.
struct ProcessesController: Sendable {
    let calls: ProcessCalls
    let ended: EndedProcesses
    let output: any OutputSource
    let body: JSONBody
    let settings: GatewaySettings
    /// Whether a sandbox is there.
    let isThere: @Sendable (SandboxID, WorkspaceID) async throws -> Bool
    /// Those who append to one process's input through this gateway.
    let writers = Turns<ProcessID>()

    var routes: [Route] {
        [
            Route(.post, "/v1/sandboxes/{id}/processes", .scope(.write), handler: start),
            Route(.get, "/v1/sandboxes/{id}/processes", .scope(.read), handler: list),
            Route(.get, "/v1/processes/{id}", .scope(.read), handler: show),
            Route(.post, "/v1/processes/{id}/wait", .scope(.read), handler: wait),
            Route(.post, "/v1/processes/{id}/stdin", .scope(.write), handler: writeInput),
            Route(.post, "/v1/processes/{id}/signal", .scope(.write), handler: signal),
            Route(.post, "/v1/processes/{id}/cancel", .scope(.write), handler: cancel),
            Route(.post, "/v1/processes/{id}/resize", .scope(.write), handler: resize),
            Route(.get, "/v1/processes/{id}/output", .scope(.read), handler: readOutput),
        ]
    }

    var rows: any ProcessRows { calls.rows }

    /// The process that the path names.
    func process(_ context: GatewayContext) async throws -> ProcessRecord {
        try await rows.known(try context.process, in: try context.principal.workspace)
    }

    /// The same, when it runs and a worker runs it.
    func running(_ context: GatewayContext) async throws -> ProcessRecord {
        let record = try await process(context)
        if let refusal = record.refusal { throw refusal }
        return record
    }
}

extension ProcessRows {
    /// The row; whoever asks for one that is not there, or not his, is told so.
    func known(_ process: ProcessID, in workspace: WorkspaceID) async throws -> ProcessRecord {
        guard let record = try await self.process(process, in: workspace) else { throw Fault.processNotFound }
        return record
    }
}

extension ProcessRecord {
    /// Why nothing can be done to it, when nothing can.
    var refusal: Fault? {
        guard isRunning else { return ended }
        guard isObserved else { return nil }
        return Fault(
            .unsupported,
            "Another program runs this process; the fleet only keeps its record.",
            details: ["processId": id.rawValue]
        )
    }

    /// What is answered about a process that has ended.
    var ended: Fault {
        Fault(
            .processEnded,
            "The process has ended.",
            details: ["processId": id.rawValue, "status": status.rawValue, "processStatus": status.rawValue]
        )
    }
}

extension GatewayContext {
    /// The process that the path names; what is not an id names none.
    var process: ProcessID {
        get throws(Fault) {
            guard let id = coreContext.parameters.get("id").flatMap({ ProcessID($0) }) else { throw .processNotFound }
            return id
        }
    }
}
