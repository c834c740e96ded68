import Bus
import Logging
import Model
import Ownership
import ProviderKit
import ServiceHost
import Store
import SwiftProtobuf
import Wire

/// Answers what is asked of one sandbox that this worker serves.
struct SandboxOperations: Sendable {
    let holding: Holding
    let keeper: LeaseKeeper

    func answer(_ call: IncomingCall<WireSandboxRequest>) async throws -> WireSandboxReply {
        // Whoever was frozen and woken must not act, nor answer in its successor's place (rule 4).
        guard keeper.vitality.isAlive() else { throw NoAnswer() }
        do {
            return try await attempt(call)
        } catch {
            // A refusal carries no epoch, so nobody could tell it from the successor's.
            guard keeper.vitality.isAlive() else { throw NoAnswer() }
            throw error
        }
    }

    private func attempt(_ call: IncomingCall<WireSandboxRequest>) async throws -> WireSandboxReply {
        let request = call.request
        switch request.operation {
        case .poll(let poll):
            return reply { $0.operation = .with { $0.running = holding.operations.poll(poll.operationID) } }
        case .cancel(let cancel):
            holding.operations.cancel(cancel.operationID)
            return reply { $0.done = WireDone() }
        case .settle(let settle):
            try await keeper.settle(holding, onlyIfDue: settle.onlyIfDue)
            return reply { $0.done = WireDone() }
        case .keepAlive(let keepAlive):
            guard keepAlive.durationMs > 0 else { throw Fault(.invalidRequest, "The duration has to be positive.") }
            holding.keepAlive(for: .milliseconds(keepAlive.durationMs))
            return reply { $0.done = WireDone() }
        case .probe:
            return reply { $0.done = WireDone() }
        case nil:
            throw Fault(.invalidRequest, "The request names no operation that this worker knows.")
        default:
            return try await run(call)
        }
    }

    /// An operation that has an id: asking again attaches to it.
    private func run(_ call: IncomingCall<WireSandboxRequest>) async throws -> WireSandboxReply {
        let request = call.request
        guard !request.operationID.isEmpty else {
            throw Fault(.invalidRequest, "An operation needs an operation_id.")
        }
        let until = call.deadline.map { deadline in
            ContinuousClock.now + .milliseconds(deadline - keeper.bus.clock.now)
        }
        return try await holding.operations.run(
            request.operationID,
            fingerprint: request.fingerprint,
            until: until,
            repeated: request.isDoneAgain ? .doneAgain : .answered,
            manner: request.manner
        ) { [self] in
            do {
                return try await perform(call)
            } catch is NoLease {
                // Nothing was done, and whoever owns it will.
                throw Fault.moving
            }
        }
    }

    private func perform(_ call: IncomingCall<WireSandboxRequest>) async throws -> WireSandboxReply {
        guard keeper.vitality.isAlive() else { throw NoAnswer() }
        if let process = try await performOnProcess(call) { return process }
        if let workspace = try await performOnWorkspace(call.request) { return workspace }
        return try await performInBox(call.request)
    }

    /// Nil when it is not about the workspace as a whole.
    private func performOnWorkspace(_ request: WireSandboxRequest) async throws -> WireSandboxReply? {
        switch request.operation {
        case .saveCheckpoint(let save):
            try await CheckpointSave(holding: holding, keeper: keeper, request: save).run()
        case .restoreCheckpoint(let restore):
            try await CheckpointRestore(holding: holding, keeper: keeper, request: restore).run()
        default: return nil
        }
        return reply { $0.done = WireDone() }
    }

    /// Nil when it is no operation on a process.
    private func performOnProcess(_ call: IncomingCall<WireSandboxRequest>) async throws -> WireSandboxReply? {
        switch call.request.operation {
        case .run(let command):
            do {
                let result = try await runCommand(command, call)
                return reply { $0.command = result }
            } catch is CancellationError {
                // Only the wait is over, perhaps one that another shares: the process is found by its operation.
                throw Fault.leaseLost
            }
        case .startProcess(let start):
            let state = try await startProcess(start, call)
            return reply { $0.process = state }
        case .writeStdin(let write):
            let state = try await writeStdin(write, call.deadline)
            return reply { $0.stdin = state }
        case .signalProcess(let signal):
            let state = try await signalProcess(signal, call.deadline)
            return reply { $0.process = state }
        case .cancelProcess(let cancel):
            let state = try await cancelProcess(cancel, call.deadline)
            return reply { $0.process = state }
        case .resizeTerminal(let resize):
            let state = try await resizeTerminal(resize, call.deadline)
            return reply { $0.process = state }
        default:
            return nil
        }
    }

    private func performInBox(_ request: WireSandboxRequest) async throws -> WireSandboxReply {
        // A box that is being captured may not answer for a moment; what would change it waits for that.
        if request.manner == .change { try await holding.captures.pass() }
        let box = try await keeper.liveBox(of: holding).box
        guard keeper.vitality.isAlive() else { throw NoAnswer() }
        switch request.operation {
        case .readFile(let read):
            // The bytes of a large file follow the answer, in a task that the tunnel's own ends bound.
            let file = try await FileRead(box: box, path: read.path).open()
            guard let rest = file.rest else { return reply { $0.file = file.info } }
            let tunnel = try accept(request)
            holding.operations.follow { await rest.send(through: tunnel, operations: holding.operations) }
            return reply { $0.file = file.info }
        case .writeFile(let write):
            let info = try await FileWrite(box: box, request: write).run { try accept(request) }
            return reply { $0.file = info }
        case .statFile(let stat):
            let info = try await box.stat(stat.path)
            return reply { $0.file = info.wire(path: stat.path) }
        case .listDirectory(let list):
            let page = try await DirectoryListing(box: box, request: list).run()
            return reply { $0.directory = page }
        case .describePort(let describe):
            let address = try await box.address(ofPort: Int(describe.port))
            return reply {
                $0.port = .with {
                    $0.url = address.url
                    $0.headers = address.headers
                }
            }
        case .removeFile(let remove):
            try await box.remove(remove.path, recursive: remove.recursive)
            return reply { $0.done = WireDone() }
        case .extractArchive(let extract):
            try await Archive(box: box, path: extract.path).extract(from: accept(request))
            return reply { $0.done = WireDone() }
        case .createArchive(let create):
            // As with a large file: the answer first, so that the asker knows what is coming.
            let archive = Archive(box: box, path: create.path)
            let info = try await box.stat(create.path)
            let tunnel = try accept(request)
            holding.operations.follow { await archive.send(info, through: tunnel, operations: holding.operations) }
            return reply { $0.file = info.wire(path: create.path) }
        case .exportWorkspace:
            let info = try await box.stat(WorkspaceTar.directory)
            let tunnel = try accept(request)
            holding.operations.follow {
                await WorkspaceExport(box: box).send(through: tunnel, operations: holding.operations)
            }
            return reply { $0.file = info.wire(path: WorkspaceTar.directory) }
        case .importWorkspace(let incoming):
            let limits = keeper.workspaceLimits
            let imported = WorkspaceImport(box: box, replaces: incoming.replace, limits: limits)
            if try await !imported.run(from: accept(request)) {
                keeper.logger.notice(
                    "what an import replaced is not deleted yet",
                    metadata: .keyed([.sandbox: "\(holding.sandbox)", .operation: "\(request.operationID)"])
                )
            }
            return reply { $0.done = WireDone() }
        default:
            throw Fault(.invalidRequest, "The request names no operation that this worker knows.")
        }
    }

    private func accept(_ request: WireSandboxRequest) throws -> Tunnel {
        guard let id = TunnelID(request.tunnel) else {
            throw Fault(.invalidRequest, "This operation needs a tunnel for its bytes.")
        }
        return try Tunnel.accept(keeper.bus, id: id, workspace: holding.workspace)
    }

    private func reply(_ fill: (inout WireSandboxReply) throws -> Void) rethrows -> WireSandboxReply {
        var reply = WireSandboxReply()
        reply.epoch = holding.epoch
        try fill(&reply)
        return reply
    }
}
