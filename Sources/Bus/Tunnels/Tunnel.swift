package import Model
import NATSClient
import NIOConcurrencyHelpers
package import NIOCore

/// One end of a byte stream over the bus, both ways, with credit: neither end gets more than it can take.
///
/// One task reads and one task writes at a time. Core NATS carries it, so a frame may be lost when a connection breaks;
/// frames are numbered, a gap ends the tunnel with a fault, and the operation above decides what to do.
package final class Tunnel: Sendable {
    /// How far one end runs ahead of the other.
    package static let window = 4 * 1024 * 1024

    /// How often an end that only reads shows that it is still there, and how long the other end waits for that.
    package static let heartbeat = Duration.seconds(10)
    package static let patience = Duration.seconds(35)

    private struct Shared {
        var state: TunnelState
        var heard = ContinuousClock.now
        var reader: CheckedContinuation<Void, Never>?
        var writer: CheckedContinuation<Void, Never>?
    }

    package let id: TunnelID
    private let connection: NATSConnection
    private let outbound: String
    private let shared: NIOLockedValueBox<Shared>
    private let subscription: NIOLockedValueBox<NATSSubscription?>
    /// Held from taking a number to handing the frame to the socket: reader and writer both send.
    private let order = NIOLock()

    private init(id: TunnelID, connection: NATSConnection, outbound: String) {
        self.id = id
        self.connection = connection
        self.outbound = outbound
        shared = NIOLockedValueBox(Shared(state: TunnelState(window: Self.window)))
        subscription = NIOLockedValueBox(nil)
    }

    deinit {
        subscription.withLockedValue { $0?.unsubscribe() }
    }

    /// The asking end: listens before the request that names the tunnel is sent.
    static func open(_ bus: Bus, workspace: WorkspaceID) async throws -> Tunnel {
        var random = SystemRandomNumberGenerator()
        let id = TunnelID(at: UInt64(max(0, bus.clock.now)), using: &random)
        let tunnel = Tunnel(id: id, connection: bus.bulk, outbound: Subject.tunnelUp(workspace, id))
        try tunnel.listen(on: Subject.tunnelDown(workspace, id))
        try await bus.bulk.flush()
        return tunnel
    }

    /// The serving end of a tunnel that a request named.
    ///
    /// Its first credit tells the asker that it may send.
    package static func accept(_ bus: Bus, id: TunnelID, workspace: WorkspaceID) throws -> Tunnel {
        let tunnel = Tunnel(id: id, connection: bus.bulk, outbound: Subject.tunnelDown(workspace, id))
        _ = tunnel.shared.withLockedValue { $0.state.open() }
        try tunnel.listen(on: Subject.tunnelUp(workspace, id))
        try tunnel.greet()
        return tunnel
    }

    /// Sends bytes, in frames, as the other end has room for them.
    package func send(_ bytes: ByteBuffer, channel: UInt8 = 0) async throws {
        var rest = bytes
        while rest.readableBytes > 0 {
            let wanted = rest.readableBytes
            let permission = try order.withLock {
                let permission = shared.withLockedValue { $0.state.permit(wanted) }
                if case .send(let count, let sequence) = permission, let slice = rest.readSlice(length: count) {
                    try publish(TunnelFrame(sequence: sequence, body: .data(channel: channel, slice)))
                }
                return permission
            }
            switch permission {
            case .send: break
            case .wait: try await wait(for: \.writer) { $0.state.failure != nil || $0.state.hasRoom }
            case .failed(let fault): throw fault
            }
        }
    }

    /// Sends bytes that the other end may stop wanting, as a program that ends before it has read its input.
    package func offer(_ bytes: ByteBuffer, channel: UInt8 = 0) async throws {
        do {
            try await send(bytes, channel: channel)
        } catch let fault as Fault where fault.code == .cancelled {
            try Task.checkCancellation()
        }
    }

    /// Tells the other end that no more data comes from here.
    package func finish() async throws {
        // Before the other end has shown that it listens, the bus would drop the frame.
        try await wait(for: \.writer) { $0.state.failure != nil || $0.state.isOpen }
        try order.withLock {
            guard let sequence = shared.withLockedValue({ $0.state.finish() }) else { return }
            try publish(TunnelFrame(sequence: sequence, body: .finish))
        }
    }

    /// The next bytes from the other end; nil once it has finished.
    ///
    /// - Throws: `Fault` when the tunnel was reset, or broke.
    package func next() async throws -> (channel: UInt8, bytes: ByteBuffer)? {
        while true {
            let (inbound, credit) = shared.withLockedValue { ($0.state.take(), $0.state.creditDue()) }
            if let credit { try tell(.credit(credit)) }
            switch inbound {
            case .data(let channel, let bytes): return (channel, bytes)
            case .end: return nil
            case .failed(let fault): throw fault
            case nil: try await wait(for: \.reader) { $0.state.hasInbound }
            }
        }
    }

    /// Ends both directions with a reason that the other end's reader and writer get.
    package func reset(_ fault: Fault) {
        let isFirst = shared.withLockedValue { shared in
            defer { shared.state.fail(fault) }
            return shared.state.failure == nil
        }
        if isFirst {
            // Without a connection the other end learns it by the operation's poll.
            try? tell(.reset(fault))
        }
        close()
    }

    /// Stops listening.
    ///
    /// Everything sent before still arrives.
    package func close() {
        subscription.withLockedValue { subscription in
            subscription?.unsubscribe()
            subscription = nil
        }
        settle { $0.fail(Fault(.cancelled, "The tunnel is closed.")) }
    }

    /// Tells the other end now and then that this one is there, however slowly it reads, until the task is cancelled.
    ///
    /// A task of its own: a response's writer cannot cross into a task group.
    package func startHeartbeat() -> Task<Void, Never> {
        Task { [self] in
            // Ends with the tunnel as well: whoever reads from it learns why.
            while (try? await Task.sleep(for: Self.heartbeat)) != nil,
                shared.withLockedValue({ $0.state.failure == nil })
            {
                try? tell(.credit(shared.withLockedValue { $0.state.currentCredit }))
            }
        }
    }

    /// Runs the body, and resets the tunnel once nothing was heard from the other end for too long.
    package func withWatch<Result: Sendable>(_ body: () async throws -> Result) async throws -> Result {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [self] in
                while true {
                    try await Task.sleep(for: Self.heartbeat)
                    let silence = ContinuousClock.now - shared.withLockedValue { $0.heard }
                    if silence > Self.patience { reset(Fault(.cancelled, "The other end of the tunnel has gone.")) }
                }
            }
            defer { group.cancelAll() }
            return try await body()
        }
    }

    private func listen(on subject: String) throws {
        let made = try connection.subscribe(subject: subject, delivery: .lossless) { [weak self] message in
            guard let self else { return }
            guard let frame = TunnelFrame(decoding: message.payload) else {
                settle { $0.fail(Fault(.internal, "a frame of a tunnel could not be read")) }
                return
            }
            shared.withLockedValue { $0.heard = .now }
            // The asking end greets when the serving end has shown that it listens, and before its writer may wake.
            if shared.withLockedValue({ $0.state.open() }) { greetBack() }
            settle { $0.receive(frame) }
        }
        subscription.withLockedValue { $0 = made }
    }

    private func greet() throws {
        try tell(.credit(shared.withLockedValue { $0.state.initialCredit }))
    }

    /// Runs on the library's thread; a failed publish resets this end, which its user sees.
    private func greetBack() {
        do {
            try greet()
        } catch {
            settle { $0.fail(BusError.disconnected.fault) }
        }
    }

    /// Sends a frame that needs no credit.
    private func tell(_ body: TunnelFrame.Body) throws {
        try order.withLock {
            let sequence = shared.withLockedValue { $0.state.takeSequence() }
            try publish(TunnelFrame(sequence: sequence, body: body))
        }
    }

    private func publish(_ frame: TunnelFrame) throws {
        do {
            try connection.publish(subject: outbound, payload: frame.encode())
        } catch let error as NATSError {
            let fault = BusError(error).fault
            settle { $0.fail(fault) }
            throw fault
        }
    }

    /// Changes the state and wakes whoever waits for it; wakes outside the lock.
    private func settle(_ change: (inout TunnelState) -> Void) {
        let (reader, writer) = shared.withLockedValue { shared in
            change(&shared.state)
            defer {
                shared.reader = nil
                shared.writer = nil
            }
            return (shared.reader, shared.writer)
        }
        reader?.resume()
        writer?.resume()
    }

    /// Waits until something changes, unless the condition holds already; a cancelled task wakes.
    private func wait(
        for waiter: any WritableKeyPath<Shared, CheckedContinuation<Void, Never>?> & Sendable,
        unless condition: @Sendable (Shared) -> Bool
    ) async throws {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumed: CheckedContinuation<Void, Never>? = shared.withLockedValue { shared in
                    if Task.isCancelled || condition(shared) { return continuation }
                    defer { shared[keyPath: waiter] = continuation }
                    return shared[keyPath: waiter]
                }
                resumed?.resume()
            }
        } onCancel: {
            let waiting = shared.withLockedValue { shared in
                defer { shared[keyPath: waiter] = nil }
                return shared[keyPath: waiter]
            }
            waiting?.resume()
        }
        try Task.checkCancellation()
    }
}
