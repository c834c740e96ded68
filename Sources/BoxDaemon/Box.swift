import BoxProtocol
import ExecutionEngine
import Glibc

/// What all connections of a box share.
final class Box {
    /// More clients than a box ever has.
    private static let maximumConnections = 256

    let loop: EventLoop
    let engine: Engine
    let workspace: String
    private let environment: Environment
    private let listener: Listener
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var terminateSignals: SignalSource?
    private var fence = EpochFence()

    init(_ options: BoxDaemonOptions, shortage: ShortageScore?, loop: EventLoop) throws(SystemError) {
        self.loop = loop
        workspace = options.workspace
        environment = Environment(home: options.home)
        let cgroups = try options.cgroups.map { number throws(SystemError) in try Descriptor(owning: number) }
        engine = try Engine(loop: loop, waitMode: .everyChild, cgroups: cgroups, shortage: shortage)
        listener = Listener(try Descriptor(owning: options.listener), loop: loop)
    }

    func serve() throws(SystemError) {
        try listener.start { [unowned self] socket in accept(socket) }
        terminateSignals = try SignalSource([SIGTERM, SIGINT], on: loop) { [unowned self] in shutDown() }
    }

    private func accept(_ socket: Descriptor) {
        guard connections.count < Self.maximumConnections,
            let connection = try? Connection(socket, box: self)
        else { return }
        connections[ObjectIdentifier(connection)] = connection
    }

    func connectionClosed(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = nil
    }

    /// A box's processes die with it; nothing waits for them but the kernel.
    private func shutDown() {
        let running = engine.all.filter { $0.end == nil }
        var remaining = running.count
        guard remaining > 0 else {
            loop.stop()
            return
        }
        for execution in running {
            execution.killTree(graceMilliseconds: 1000) { [loop] _ in
                remaining -= 1
                if remaining == 0 {
                    loop.stop()
                }
            }
        }
    }
}

// MARK: Fencing

extension Box {
    /// Rule 5: the highest epoch seen speaks, every lower one is refused from that moment on.
    func admit(_ hello: HelloMessage) -> FailureCode? {
        let before = fence.highest
        if let refusal = fence.admit(hello) {
            return refusal
        }
        if fence.highest > before {
            for connection in connections.values where connection.epoch.map({ $0 < fence.highest }) ?? false {
                connection.becomeStale()
            }
        }
        return nil
    }

    func isCurrent(_ epoch: UInt64) -> Bool {
        epoch >= fence.highest
    }
}

// MARK: Environment

extension Box {
    /// The entries that a process gets: what the box was started with, its home, then what the request says.
    func environment(for message: StartMessage) -> [String] {
        message.inheritsEnvironment ? environment.replacing(message.environment) : message.environment
    }
}
