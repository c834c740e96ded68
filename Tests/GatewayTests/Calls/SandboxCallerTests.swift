import Bus
import Model
import NIOConcurrencyHelpers
import Testing
import Wire

@testable import Gateway

@Suite("Asking a sandbox, wherever it is")
struct SandboxCallerTests {
    private static let local = SandboxStanding(provider: "local", status: .active)

    /// Runs one request against a scripted bus; answers what came of it and what was done.
    private func ask(
        _ operation: WireSandboxRequest.OneOf_Operation = .probe(WireProbe()),
        standing: SandboxStanding?,
        asks: [Result<UInt64, BusError>],
        acquires: [Result<WireAcquireReply.Outcome, BusError>] = [],
        isConnected: Bool = true
    ) async throws -> (result: Result<UInt64, Fault>, log: [String]) {
        let bus = ScriptedBus(asks: asks, acquires: acquires, isConnected: isConnected)
        let caller = SandboxCaller(bus: bus, acquireTimeout: .seconds(30)) { _, _ in
            bus.note("read")
            return standing
        } pause: { _ in
            bus.note("pause")
        }
        var request = WireSandboxRequest()
        request.operationID = "op"
        request.operation = operation
        let context = CallContext(requestID: "r", deadline: .now + .seconds(30))
        let (sandbox, workspace) = (ID.new(of: Kind.Sandbox.self), ID.new(of: Kind.Workspace.self))
        do {
            let reply = try await caller.ask(request, of: sandbox, in: workspace, context)
            return (.success(reply.epoch), bus.log)
        } catch let fault as Fault {
            return (.failure(fault), bus.log)
        }
    }

    @Test func anOwnerThatAnswersCostsNoDatabaseRead() async throws {
        let (result, log) = try await ask(standing: Self.local, asks: [.success(4)])
        #expect(try result.get() == 4)
        #expect(log == ["ask"])
    }

    @Test func withoutAnOwnerItIsAcquiredAndAskedAgain() async throws {
        let (result, log) = try await ask(
            standing: Self.local,
            asks: [.failure(.noResponders), .success(5)],
            acquires: [.success(.serving)]
        )
        #expect(try result.get() == 5)
        #expect(log == ["ask", "read", "acquire local", "ask"])
    }

    @Test func aSubjectNotYetKnownEverywhereIsAskedAgainForAWhile() async throws {
        let asks = Array(repeating: Result<UInt64, BusError>.failure(.noResponders), count: 20) + [.success(6)]
        let (result, log) = try await ask(standing: Self.local, asks: asks, acquires: [.success(.serving)])
        #expect(try result.get() == 6)
        #expect(log.filter { $0 == "acquire local" }.count == 1)
    }

    @Test func whatAnotherOwnsIsAskedAgain() async throws {
        let (result, log) = try await ask(
            standing: Self.local,
            asks: [.failure(.noResponders), .success(7)],
            acquires: [.success(.owned)]
        )
        #expect(try result.get() == 7)
        #expect(log == ["ask", "read", "acquire local", "pause", "ask"])
    }

    @Test func anOwnerThatHandsOverIsAskedAgain() async throws {
        let moving = BusError.remote(Fault(.moving, "m"))
        let (result, log) = try await ask(standing: Self.local, asks: [.failure(moving), .success(8)])
        #expect(try result.get() == 8)
        #expect(log == ["ask", "pause", "ask"])
    }

    @Test(arguments: [
        (nil, FaultCode.sandboxNotFound),
        (SandboxStanding(provider: "local", status: .shutdown), .sandboxNotActive),
        (SandboxStanding(provider: "local", status: .active, intent: .delete), .sandboxNotActive),
        (
            SandboxStanding(provider: "local", status: .error, errorCode: "disk_full", errorMessage: "Full."),
            .sandboxFailed
        ),
    ])
    func theRowSaysWhyItCannotBeUsed(_ standing: SandboxStanding?, _ code: FaultCode) async throws {
        let (result, log) = try await ask(standing: standing, asks: [.failure(.noResponders)])
        let fault = try #require(throws: Fault.self) { try result.get() }
        #expect(fault.code == code)
        #expect(log == ["ask", "read"])
    }

    @Test func noWorkerIsNotTheSameAsAHostThatIsAway() async throws {
        let (free, _) = try await ask(
            standing: Self.local,
            asks: [.failure(.noResponders)],
            acquires: [.failure(.noResponders)]
        )
        let fault = try #require(throws: Fault.self) { try free.get() }
        #expect(fault.code == .noWorker && fault.retryAfter != nil)

        let (bound, log) = try await ask(
            standing: SandboxStanding(provider: "local", placement: "host-1", status: .active),
            asks: [.failure(.noResponders)],
            acquires: [.failure(.noResponders)]
        )
        #expect(throws: Fault.self) { try bound.get() }
        if case .failure(let fault) = bound { #expect(fault.code == .placementOffline && fault.retryAfter != nil) }
        #expect(log.last == "acquire local host-1")
    }

    @Test func aTimeoutOfAMutationIsAnUnknownOutcomeAndIsNotRepeated() async throws {
        let (result, log) = try await ask(.run(WireRunCommand()), standing: Self.local, asks: [.failure(.timeout)])
        let fault = try #require(throws: Fault.self) { try result.get() }
        #expect(fault.code == .outcomeUnknown)
        #expect(fault.details["operationId"] == "op" && fault.details["sandboxId"] != nil)
        #expect(log == ["ask"])
    }

    @Test func aTimeoutOfAReadIsOnlyLate() async throws {
        let (result, _) = try await ask(.statFile(WireStatFile()), standing: Self.local, asks: [.failure(.timeout)])
        if case .failure(let fault) = result { #expect(fault.code == .deadlineExceeded) }
        #expect(throws: Fault.self) { try result.get() }
    }

    @Test func nothingIsSentWhileDisconnected() async throws {
        let (result, log) = try await ask(standing: Self.local, asks: [.success(1)], isConnected: false)
        if case .failure(let fault) = result { #expect(fault.code == .busUnavailable) }
        #expect(throws: Fault.self) { try result.get() }
        #expect(log.isEmpty)
    }

    @Test func theOwnersFaultIsPassedOn() async throws {
        let remote = BusError.remote(Fault(.fileNotFound, "no such file", details: ["path": "/a"]))
        let (result, log) = try await ask(standing: Self.local, asks: [.failure(remote)])
        let fault = try #require(throws: Fault.self) { try result.get() }
        #expect(fault.code == .fileNotFound && fault.details["path"] == "/a")
        #expect(log == ["ask"])
    }
}

/// Answers in the order of a script, and notes what was asked.
final class ScriptedBus: SandboxBus {
    private struct State {
        var asks: [Result<UInt64, BusError>]
        var acquires: [Result<WireAcquireReply.Outcome, BusError>]
        var log: [String] = []
    }

    let isConnected: Bool
    private let state: NIOLockedValueBox<State>

    init(
        asks: [Result<UInt64, BusError>],
        acquires: [Result<WireAcquireReply.Outcome, BusError>],
        isConnected: Bool
    ) {
        self.isConnected = isConnected
        state = NIOLockedValueBox(State(asks: asks, acquires: acquires))
    }

    var log: [String] { state.withLockedValue { $0.log } }

    func note(_ what: String) {
        state.withLockedValue { $0.log.append(what) }
    }

    func ask(
        _ request: WireSandboxRequest,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        context: CallContext
    ) async throws -> WireSandboxReply {
        note("ask")
        let answer = state.withLockedValue { $0.asks.isEmpty ? .failure(.unknown) : $0.asks.removeFirst() }
        var reply = WireSandboxReply()
        reply.epoch = try answer.get()
        return reply
    }

    func acquire(
        provider: String,
        placement: String?,
        workspace: WorkspaceID,
        sandbox: SandboxID,
        context: CallContext
    ) async throws -> WireAcquireReply {
        note((["acquire", provider] + [placement].compactMap { $0 }).joined(separator: " "))
        let answer = state.withLockedValue { $0.acquires.isEmpty ? .failure(.unknown) : $0.acquires.removeFirst() }
        var reply = WireAcquireReply()
        reply.outcome = try answer.get()
        return reply
    }

    func openTunnel(workspace: WorkspaceID) async throws -> Tunnel { throw BusError.disconnected }
}
