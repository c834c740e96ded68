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
    /// What file operations and working directories cannot leave.
    let root: FileRoot?
    /// Holds a sandbox on a user's own machine.
    let isKeeper: Bool
    /// The most bytes of address space that a program may have.
    let addressSpace: UInt64?
    let maximumProcesses: Int?
    /// Processes that must not start, or not again.
    var tombstones = Tombstones()
    /// Nothing starts any more.
    var isShuttingDown = false

    private let environment: Environment
    private let listener: Listener
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var terminateSignals: SignalSource?
    private var fence: EpochFence

    init(_ options: BoxDaemonOptions, shortage: ShortageScore?, loop: EventLoop) throws(SystemError) {
        self.loop = loop
        workspace = options.workspace
        root = try options.root.map { path throws(SystemError) in try FileRoot(path) }
        isKeeper = options.isKeeper
        addressSpace = options.memory
        maximumProcesses = options.maximumProcesses
        environment = Environment(
            options.environment.isEmpty ? Environment.own : options.environment,
            home: options.home ?? (options.isKeeper ? nil : options.workspace),
            otherwise: options.workspace
        )
        fence = try EpochFence(options.fence.map(FenceFile.init))
        let cgroups = try options.cgroups.map { number throws(SystemError) in try Descriptor(owning: number) }
        engine = try Engine(
            loop: loop,
            waitMode: .everyChild,
            marksTrees: options.isKeeper,
            cgroups: cgroups,
            spool: try options.spool.map { path throws(SystemError) in
                try Spool(directory: path, limit: options.spoolLimit, loop: loop)
            },
            shortage: shortage
        )
        listener = Listener(try Descriptor(owning: options.listener), loop: loop)
    }

    func serve() throws(SystemError) {
        try listener.start { [unowned self] socket in accept(socket) }
        terminateSignals = try SignalSource(isKeeper ? [SIGTERM] : [SIGTERM, SIGINT], on: loop) { [unowned self] in
            terminate()
        }
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
}

// MARK: Fencing

extension Box {
    /// Rule 5: the highest epoch seen speaks, every lower one is refused from that moment on.
    func admit(_ hello: HelloMessage) throws(SystemError) -> FailureCode? {
        let before = fence.highest
        if let refusal = try fence.admit(hello) {
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

// MARK: Processes

extension Box {
    /// The entries that a process gets: what the box was started with, its home, then what the request says.
    func environment(for message: StartMessage) -> [String] {
        message.inheritsEnvironment ? environment.replacing(message.environment) : message.environment
    }

    /// Why a process may not start, or nil.
    func refusal(of message: StartMessage) -> FailureCode? {
        // One that is there already says so itself.
        guard engine.execution(id: message.id) == nil else { return nil }
        if isShuttingDown {
            return .startFailed
        }
        if tombstones.contains(message.id) {
            return .processEnded
        }
        if message.isDetached, let maximumProcesses {
            let running = engine.all.reduce(0) { $0 + ($1.isDetached && $1.end == nil ? 1 : 0) }
            return running < maximumProcesses ? nil : .processLimit
        }
        return nil
    }

    /// Nobody asks about a process any more that has ended.
    func forget(_ execution: Execution) {
        engine.forget(execution)
        // A keeper's starts come by a bus that may bring one late.
        if isKeeper, execution.isDetached {
            tombstones.insert(execution.id)
        }
    }
}
