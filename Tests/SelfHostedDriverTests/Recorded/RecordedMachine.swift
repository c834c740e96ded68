import Bus
import FleetTesting
import Model
import NATSClient
import NIOConcurrencyHelpers
import NIOCore
import ServiceHost
import SwiftProtobuf
import Wire

/// A machine with an agent of a former version: it says again what was recorded of one, byte for byte.
final class RecordedMachine: Sendable {
    fileprivate struct State {
        var left: [RecordedExchange]
        var last: [String: RecordedExchange] = [:]
        var unknown: [String] = []
    }

    let workspace = WorkspaceID.now()
    let id = AgentID.now()
    private let bus: Bus
    private let recorded: RecordedAgent
    private let state: NIOLockedValueBox<State>
    private let subscription = NIOLockedValueBox<NATSSubscription?>(nil)

    init(_ bus: Bus, _ recorded: RecordedAgent) {
        self.bus = bus
        self.recorded = recorded
        state = NIOLockedValueBox(State(left: recorded.exchanges))
    }

    /// Operations that were asked for and never recorded.
    var unknown: [String] { state.withLockedValue(\.unknown) }

    func start() async throws {
        guard let bytes = recorded.beats.first,
            let instance = AgentInstanceID(try WireAgentBeat(serializedBytes: bytes).instance)
        else { throw FixtureError("no beat was recorded") }
        let new = try bus.connection.subscribe(subject: Subject.agent(workspace, id, instance)) { [weak self] message in
            self?.answer(message)
        }
        subscription.withLockedValue { $0 = new }
        try await bus.connection.flush()
        try bus.connection.publish(subject: Subject.beat(workspace, id), payload: ByteBuffer(bytes: bytes))
    }

    func stop() { subscription.withLockedValue { $0.take() }?.unsubscribe() }

    private func answer(_ message: NATSMessage) {
        guard let reply = message.reply,
            let request = try? WireAgentRequest(serializedBytes: Array(buffer: message.payload))
        else { return }
        let found = state.withLockedValue { $0.next(for: request) }
        guard let found else { return }
        do {
            var headers = NATSHeaders()
            for (name, value) in found.headers { headers[name] = value }
            try bus.connection.publish(
                subject: reply,
                headers: headers,
                payload: ByteBuffer(bytes: found.reply)
            )
        } catch {
            // The asker sees that there is no answer.
            state.withLockedValue { $0.unknown.append("\(found.operation): \(error)") }
        }
    }
}

extension RecordedMachine.State {
    /// What was answered to the same request, or to the next of its kind.
    fileprivate mutating func next(for request: WireAgentRequest) -> RecordedExchange? {
        let operation = RecordedExchange.operation(of: request)
        // The newest word on the same output; of everything else, the next one.
        let index =
            operation == "pull"
            ? left.lastIndex { $0.answers(request, exactly: true) } ?? left.lastIndex { $0.answers(request) }
            : left.firstIndex { $0.answers(request) }
        if let index {
            // Output that was not acknowledged is asked for again.
            let exchange = operation == "pull" ? left[index] : left.remove(at: index)
            last[operation] = exchange
            return exchange
        }
        if last[operation] == nil { unknown.append(operation) }
        return last[operation]
    }
}

extension RecordedExchange {
    /// Names that the asker makes up differ from time to time.
    fileprivate func answers(_ request: WireAgentRequest, exactly: Bool = false) -> Bool {
        switch (self.request.operation, request.operation) {
        case (.pull(let own), .pull(let other)):
            own.processID == other.processID && own.stdoutOffset <= other.stdoutOffset
                && (!exactly || own.stdoutOffset == other.stdoutOffset)
        case (.append(let own), .append(let other)): own.end == other.end
        case (.start(let own), .start(let other)): own.processID == other.processID
        case (.stat(let own), .stat(let other)): own.path == other.path
        default: operation == RecordedExchange.operation(of: request)
        }
    }
}
