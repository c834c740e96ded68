import Model
import SwiftProtobuf
import Wire

extension AgentServer {
    /// The order of checks is part of the contract: epoch, what the configuration allows, limits, then the keeper.
    func perform(_ request: WireAgentRequest) async throws -> WireAgentReply {
        guard let operation = request.operation else {
            throw Fault(.unsupported, "This agent does not know that operation.", hint: "Upgrade the agent.")
        }
        if case .ping = operation { return .with { $0.done = WireAgentDone() } }
        guard let id = SandboxID(request.sandboxID) else {
            throw Fault(.invalidRequest, "A request names its sandbox.")
        }
        let sandbox = host[id]
        try await sandbox.admit(request.epoch)
        try allow(operation)
        var reply = WireAgentReply()
        reply.result = try await perform(operation, sandbox, epoch: request.epoch)
        return reply
    }

    private func allow(_ operation: WireAgentRequest.OneOf_Operation) throws {
        let configuration = host.configuration
        let file = host.paths.configurationFile
        switch operation {
        case .start, .append:
            guard configuration.allowsExec else { throw Denial.exec(file: file) }
        case .stat, .list, .openRead, .read, .openWrite, .write, .commit, .makeDirectory, .remove:
            guard configuration.allowsFiles else { throw Denial.files(file: file) }
        // What ends or describes what was allowed before is always allowed.
        case .ping, .open, .close, .pull, .signal, .kill, .resize, .release, .processes, .discard: break
        }
    }

    private func perform(
        _ operation: WireAgentRequest.OneOf_Operation,
        _ sandbox: Sandbox,
        epoch: UInt64
    ) async throws -> WireAgentReply.OneOf_Result {
        switch operation {
        case .ping: break
        case .open(let request): return .opened(try await sandbox.open(request, epoch: epoch))
        case .close(let request):
            try await sandbox.close(grace: .milliseconds(min(max(0, request.graceMs), 15_000)), epoch: epoch)
        case .start(let request): return .started(try await sandbox.start(request, epoch: epoch))
        case .pull(let request): return .output(try await sandbox.pull(request, epoch: epoch))
        case .append(let request): return .input(try await sandbox.append(request, epoch: epoch))
        case .signal(let request): try await sandbox.signal(request, epoch: epoch)
        case .kill(let request): try await sandbox.kill(request, epoch: epoch)
        case .resize(let request): try await sandbox.resize(request, epoch: epoch)
        case .release(let request): try await sandbox.release(request, epoch: epoch)
        case .processes: return .processes(try await sandbox.processes(epoch: epoch))
        case .stat(let request): return .file(try await sandbox.stat(request.path, epoch: epoch))
        case .list(let request): return .directory(try await sandbox.list(request, epoch: epoch))
        case .openRead(let request): return .handle(try await sandbox.openRead(request.path, epoch: epoch))
        case .read(let request): return .bytes(try await sandbox.read(request))
        case .openWrite(let request): return .handle(try await sandbox.openWrite(request, epoch: epoch))
        case .write(let request): try await sandbox.write(request)
        case .commit(let request): return .file(try await sandbox.commit(request))
        case .discard(let request): sandbox.discard(request)
        case .makeDirectory(let request): try await sandbox.makeDirectory(request.path, epoch: epoch)
        case .remove(let request): try await sandbox.remove(request, epoch: epoch)
        }
        return .done(WireAgentDone())
    }
}
