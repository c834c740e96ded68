import Bus
import Model
import NIOConcurrencyHelpers
import Wire

@testable import Gateway

/// An owner whose answers a test writes, one for each request in turn; the last one stays.
final class FakeOwner: SandboxBus {
    typealias Answer = @Sendable (WireSandboxRequest) async throws -> WireSandboxReply.OneOf_Result

    private struct State {
        var answers: [Answer]
        var requests: [WireSandboxRequest] = []
    }

    let isConnected = true
    private let state: NIOLockedValueBox<State>

    init(_ answers: Answer...) {
        state = NIOLockedValueBox(State(answers: answers))
    }

    var requests: [WireSandboxRequest] { state.withLockedValue { $0.requests } }

    func ask(
        _ request: WireSandboxRequest,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        context: CallContext
    ) async throws -> WireSandboxReply {
        let answer = state.withLockedValue { state in
            state.requests.append(request)
            return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
        }
        var reply = WireSandboxReply()
        reply.epoch = 1
        reply.result = try await answer(request)
        return reply
    }

    func acquire(
        provider: String,
        placement: String?,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        context: CallContext
    ) async throws -> WireAcquireReply { throw BusError.noResponders }

    func openTunnel(workspace: WorkspaceID) async throws -> Tunnel { throw BusError.disconnected }
}

extension WireSandboxRequest {
    /// The start that a request holds, by itself or in a command.
    var wanted: WireStartProcess { if case .run(let command)? = operation { command.start } else { startProcess } }
}
