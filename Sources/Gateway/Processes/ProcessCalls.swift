import Bus
import Hummingbird
import Logging
import Model
import ServiceHost
import Store
import SwiftProtobuf
import Wire

/// Asks owners to start processes, so that each starts once whatever gets lost on the way.
///
/// Nobody there is "not delivered": the same request is sent again. No answer may mean anything: the same request with the
/// same operation id finds what the first one started, and so does the row.
struct ProcessCalls: Sendable {
    /// What came of a request to start.
    enum Outcome: Sendable {
        case answered(WireSandboxReply)
        /// Its answer was lost, but its row is there.
        case found(ProcessRecord)
    }

    private static let attempts = 3

    let caller: SandboxCaller
    let rows: any ProcessRows
    let feeders: InputFeeders
    /// How long one attempt to start may take, and all of them.
    let callTimeout: Duration
    let acquireTimeout: Duration

    /// Has a process started.
    ///
    /// - Parameter request: A start, or a command; of a command the answer comes at its end.
    func start(
        _ request: WireSandboxRequest,
        in sandbox: SandboxID,
        _ context: GatewayContext
    ) async throws -> Outcome {
        let workspace = try context.principal.workspace
        let end = ContinuousClock.now + acquireTimeout
        // A command is polled for as long as it runs.
        let isCommand = if case .run = request.operation { true } else { false }
        var mayHaveStarted = false
        var left = Self.attempts
        while true {
            let time = isCommand ? nil : min(callTimeout, end - .now)
            do {
                return .answered(try await caller.ask(request, of: sandbox, in: workspace, context.call(within: time)))
            } catch let fault as Fault {
                let isUnclear = fault.code == .outcomeUnknown || fault.code == .leaseLost
                guard isUnclear || mayHaveStarted && fault.code.isPassing else { throw fault }
                mayHaveStarted = true
                context.logger.info(
                    "start not answered",
                    metadata: .keyed([.sandbox: "\(sandbox)", .operation: "\(request.operationID)", .error: "\(fault)"])
                )
                if let record = try await find(request, in: sandbox, workspace) { return .found(record) }
                left -= 1
                guard left > 0, isCommand || .now < end else { throw Self.unknown(request, sandbox, fault) }
            }
        }
    }

    private func find(
        _ request: WireSandboxRequest,
        in sandbox: SandboxID,
        _ workspace: WorkspaceID
    ) async throws -> ProcessRecord? {
        let record = try await rows.process(ofOperation: request.operationID, in: sandbox)
        return record?.workspace == workspace ? record : nil
    }

    private static func unknown(_ request: WireSandboxRequest, _ sandbox: SandboxID, _ last: Fault) -> Fault {
        Fault(
            .outcomeUnknown,
            "There was no answer; whether the process was started is not known.",
            hint: "Repeat the request with the same operation id: it is not started twice.",
            retryAfter: 2,
            details: [
                "sandboxId": sandbox.rawValue, "operationId": request.operationID, "lastCode": last.code.rawValue,
            ]
        )
    }
}

extension FaultCode {
    /// Nobody could do it at the moment, or nobody answered.
    fileprivate var isPassing: Bool {
        switch self {
        case .noWorker, .placementOffline, .busUnavailable, .moving, .ownedByOther, .leaseLost, .deadlineExceeded: true
        default: false
        }
    }
}
