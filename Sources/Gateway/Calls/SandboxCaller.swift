package import Bus
package import Model
package import Wire

/// Asks live sandboxes, and has them brought to life when nobody owns them.
///
/// When the owner answers, the database is not read. No responders proves that a request was not delivered: then the row
/// says what the sandbox is, its provider's workers are asked to take the lease, and the request is sent again.
package struct SandboxCaller: Sendable {
    /// A subject that was subscribed a moment ago may not be known everywhere on the bus yet (rule 6).
    static let settling = Duration.milliseconds(250)
    private static let shortPause = Duration.milliseconds(10)
    private static let longPause = Duration.milliseconds(100)

    package let bus: any SandboxBus
    private let standing: @Sendable (SandboxID, WorkspaceID) async throws -> SandboxStanding?
    private let pause: @Sendable (Duration) async throws -> Void
    private let acquireTimeout: Duration

    /// Takes how to read a row (nil when it is absent or another workspace's), and how to wait.
    package init(
        bus: any SandboxBus,
        acquireTimeout: Duration,
        standing: @escaping @Sendable (SandboxID, WorkspaceID) async throws -> SandboxStanding?,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        self.bus = bus
        self.acquireTimeout = acquireTimeout
        self.standing = standing
        self.pause = pause
    }

    /// One operation on a sandbox, wherever it is at the moment.
    ///
    /// The call ends at its deadline; without one the owner is polled for as long as it works.
    package func ask(
        _ request: WireSandboxRequest,
        of sandbox: SandboxID,
        in workspace: WorkspaceID,
        _ call: CallContext
    ) async throws -> WireSandboxReply {
        let patience = call.deadline ?? .now + acquireTimeout
        /// What is left of the time in which a subject may still be unknown.
        var settling = Duration.zero
        while true {
            guard bus.isConnected else { throw BusError.disconnected.fault }
            do {
                return try await bus.ask(request, workspace: workspace, sandbox: sandbox, context: call)
            } catch let error as BusError where error.code == .noResponders {
                if settling > .zero {
                    settling -= Self.shortPause
                    try await pause(Self.shortPause)
                    continue
                }
            } catch let error as BusError where error.code == .remote && Self.isRefusal(error.fault.code) {
                // The owner is handing over and has done nothing.
                guard .now < patience else { throw error.fault }
                try await pause(Self.longPause)
                continue
            } catch let error as BusError {
                throw Self.fault(error, request, sandbox)
            }
            guard .now < patience else { throw BusError.noResponders.fault.adding(["sandboxId": sandbox.rawValue]) }
            let isServing = try await bringUp(sandbox, in: workspace, call)
            settling = isServing ? Self.settling : .zero
            if !isServing { try await pause(Self.longPause) }
        }
    }

    /// Asks the provider's workers to take the lease and do what the row says.
    ///
    /// - Returns: Whether it is served now; false when another owner has it, or its row changed meanwhile.
    package func bringUp(
        _ sandbox: SandboxID,
        in workspace: WorkspaceID,
        _ call: CallContext
    ) async throws -> Bool {
        guard let standing = try await standing(sandbox, workspace) else { throw Fault.sandboxNotFound }
        if let refusal = standing.refusal(of: sandbox) { throw refusal }
        return try await acquire(standing, sandbox, in: workspace, call) == .serving
    }

    /// Asks for the lease to be taken, whatever the row wants.
    package func acquire(
        _ standing: SandboxStanding,
        _ sandbox: SandboxID,
        in workspace: WorkspaceID,
        _ call: CallContext
    ) async throws -> WireAcquireReply.Outcome {
        guard bus.isConnected else { throw BusError.disconnected.fault }
        var call = call
        call.deadline = min(call.deadline ?? .now + acquireTimeout, .now + acquireTimeout)
        do {
            return
                try await bus.acquire(
                    provider: standing.provider,
                    placement: standing.placement,
                    workspace: workspace,
                    sandbox: sandbox,
                    context: call
                )
                .outcome
        } catch let error as BusError where error.code == .noResponders {
            throw Self.nobody(standing, sandbox)
        } catch let error as BusError where error.code == .remote && Self.isRefusal(error.fault.code) {
            return .owned
        } catch let error as BusError {
            throw error.fault.adding(["sandboxId": sandbox.rawValue])
        }
    }

    private static func nobody(_ standing: SandboxStanding, _ sandbox: SandboxID) -> Fault {
        var details = ["sandboxId": sandbox.rawValue, "provider": standing.provider]
        guard let placement = standing.placement else {
            return Fault(
                .noWorker,
                "No worker serves the provider \(standing.provider) at the moment.",
                hint: "Try again shortly, or start a worker for this provider.",
                retryAfter: 2,
                details: details
            )
        }
        details["placement"] = placement
        return Fault(
            .placementOffline,
            "The host that this sandbox lives on has no worker at the moment.",
            hint: "Try again when a worker runs on \(placement).",
            retryAfter: 5,
            details: details
        )
    }

    /// Refusals that say that nothing was done, and that somebody else will: the next owner, after a drain.
    private static func isRefusal(_ code: FaultCode) -> Bool {
        switch code {
        case .moving, .ownedByOther, .draining: true
        default: false
        }
    }

    /// What is known when there is no answer: which operation, on which sandbox.
    private static func fault(_ error: BusError, _ request: WireSandboxRequest, _ sandbox: SandboxID) -> Fault {
        var known = ["sandboxId": sandbox.rawValue]
        if !request.operationID.isEmpty { known["operationId"] = request.operationID }
        guard error.code == .timeout, request.isMutation else { return error.fault.adding(known) }
        return Fault(
            .outcomeUnknown,
            "There was no answer before the deadline; whether it was done is not known.",
            hint: "Repeat the request with the same X-Operation-Id: it is not done twice.",
            details: known
        )
    }
}

extension WireSandboxRequest {
    /// Whether doing it changes something.
    var isMutation: Bool {
        switch operation {
        case .run, .startProcess, .writeStdin, .signalProcess, .cancelProcess, .resizeTerminal, .writeFile, .removeFile,
            .extractArchive, .settle, .saveCheckpoint, .restoreCheckpoint, .importWorkspace:
            true
        case .readFile, .statFile, .listDirectory, .createArchive, .exportWorkspace, .describePort, .keepAlive, .poll,
            .cancel, .probe, nil:
            false
        }
    }
}
