import BoxClient
import Model
import NIOConcurrencyHelpers
import Wire

extension Sandbox {
    private static let connectPatience = Duration.seconds(10)

    /// The connection to the keeper under this epoch.
    func connection(epoch: UInt64) async throws -> BoxConnection {
        if let connection = current(epoch) { return connection }
        return try await turn.withTurn {
            if let connection = current(epoch) { return connection }
            let record = try await loadedRecord()
            guard record.epoch == epoch else { throw Fault.leaseLost }
            guard let keeper = record.keeper else { throw Fault.notOpen("") }
            guard try await process(of: keeper) != nil else {
                disconnect()
                throw Fault.notOpen(lostReason(keeper))
            }
            return try await connect(to: keeper, epoch: epoch)
        }
    }

    private func current(_ epoch: UInt64) -> BoxConnection? {
        state.withLockedValue { state in
            guard state.record?.epoch == epoch, let connection = state.connection, !connection.isClosed else {
                return nil
            }
            return connection
        }
    }

    func process(of keeper: KeeperRecord) async throws -> ProcessIdentity? {
        try await host.blocking { [folder] in KeeperProcesses.find(keeper, fence: folder.fence) }
    }

    private func lostReason(_ keeper: KeeperRecord) -> String {
        keeper.bootID == ProcessIdentity.currentBoot ? "keeper_died" : "machine_rebooted"
    }

    private func connect(to keeper: KeeperRecord, epoch: UInt64) async throws -> BoxConnection {
        disconnect()
        let path = folder.socket(of: keeper.id)
        let (loop, sandbox) = (host.loop, id.rawValue)
        let connection = try await withDeadline(Self.connectPatience) {
            try await BoxConnection.connect(path: path, epoch: epoch, sandbox: sandbox, loop: loop)
        }
        state.withLockedValue { $0.connection = connection }
        return connection
    }
}

// MARK: Opening

extension Sandbox {
    /// Finds the keeper, or starts one.
    ///
    /// What started one says so again to who asks again for the same wish: the first answer may have been lost.
    func open(_ request: WireAgentOpen, epoch: UInt64) async throws -> WireAgentOpened {
        try allowNetwork(request)
        return try await turn.withTurn {
            var record = try await loadedRecord()
            guard record.epoch == epoch else { throw Fault.leaseLost }
            state.withLockedValue { $0.environment = request.env }
            var reply = WireAgentOpened()
            if let keeper = record.keeper {
                if let process = try await process(of: keeper) {
                    if keeper.process == nil {
                        record.keeper?.process = process
                        try await save(record)
                    }
                    if current(epoch) == nil { _ = try await connect(to: keeper, epoch: epoch) }
                    reply.keeperID = keeper.id
                    reply.directory = keeper.directory
                    if !request.attempt.isEmpty, keeper.attempt == request.attempt {
                        reply.isFresh = true
                        reply.lostReason = keeper.lostReason
                    }
                    return reply
                }
                // One that never came to serve has lost nothing; the one before it may have.
                reply.lostReason = keeper.process == nil ? keeper.lostReason : lostReason(keeper)
                host.log.write(
                    "keeper.lost",
                    [("sandbox", .string(id.rawValue)), ("reason", .string(reply.lostReason))]
                )
            }
            let keeper = try await start(request, record, lostReason: reply.lostReason)
            reply.keeperID = keeper.id
            reply.directory = keeper.directory
            reply.isFresh = true
            return reply
        }
    }

    /// What the machine's user does not allow, and what this machine cannot hold.
    private func allowNetwork(_ request: WireAgentOpen) throws(Fault) {
        let configuration = host.configuration
        if request.withoutNetwork {
            guard configuration.isolation == .bubblewrap else { throw Denial.withoutNetwork }
        } else if !configuration.allowsNetwork {
            throw Denial.network(file: host.paths.configurationFile)
        }
    }

    private func start(
        _ request: WireAgentOpen,
        _ before: SandboxRecord,
        lostReason: String
    ) async throws -> KeeperRecord {
        disconnect()
        let configuration = host.configuration
        guard let root = LocalFile.realPath(configuration.root) else {
            throw Denial.root("The directory \(configuration.root) is not there.")
        }
        let requested = request.directory
        var keeper = KeeperRecord(
            id: KeeperRecord.makeID(),
            process: nil,
            bootID: ProcessIdentity.currentBoot,
            directory: try await host.blocking {
                try WorkDirectory.make(requested, root: root, account: configuration.account)
            },
            isIsolated: configuration.isolation == .bubblewrap,
            attempt: request.attempt,
            lostReason: lostReason
        )
        var record = before
        record.keeper = keeper
        try await save(record)
        let launch = KeeperLaunch(
            daemon: host.daemon,
            configuration: configuration,
            root: root,
            directory: keeper.directory,
            folder: folder,
            keeper: keeper.id,
            sandboxEnvironment: request.env,
            hasNetwork: !request.withoutNetwork
        )
        var pid: Int32?
        do {
            let folder = folder
            if let former = before.keeper { _ = try await host.blocking { try folder.removeSocket(of: former.id) } }
            let started = try await host.blocking { try launch.start() }
            pid = started
            keeper.process = ProcessIdentity(pid: started)
            record.keeper = keeper
            try await save(record)
            _ = try await connect(to: keeper, epoch: record.epoch)
        } catch {
            if let code = try await abandon(keeper, before, pid) {
                throw AgentError(
                    .machine,
                    "The keeper of the sandbox ended at once, with code \(code).",
                    advice: launch.advice(for: code)
                )
            }
            throw error
        }
        host.log.write(
            "keeper.started",
            [
                ("sandbox", .string(id.rawValue)), ("pid", .integer(keeper.process?.pid ?? 0)),
                ("directory", .string(keeper.directory)), ("isolated", .bool(keeper.isIsolated)),
            ]
        )
        return keeper
    }

    /// It did not come to serve: nothing of it may stay, and the next attempt tells of the one before it.
    ///
    /// Returns how it ended, if it did so by itself.
    private func abandon(_ keeper: KeeperRecord, _ before: SandboxRecord, _ pid: Int32?) async throws -> Int32? {
        var code: Int32?
        if let pid {
            let left: [Int32]
            (code, left) = try await host.blocking {
                let code = KeeperProcesses.reap(pid)
                guard let process = keeper.process else { return (code, []) }
                return (code, KeeperProcesses.end(process, isIsolated: keeper.isIsolated, grace: .zero))
            }
            if !left.isEmpty { throw Fault.survivors(left) }
        }
        var record = before
        record.epoch = state.withLockedValue { $0.record?.epoch } ?? before.epoch
        try await save(record)
        return code
    }
}

// MARK: Closing

extension Sandbox {
    /// How long a keeper may take to say that something survives: it tries for ten seconds.
    private static let shutDownPatience = Duration.seconds(11)

    /// Ends what runs here, and the keeper; files stay.
    ///
    /// - Throws: While something is left that cannot be killed; whoever asks again is told again, until it has gone.
    func close(grace: Duration, epoch: UInt64) async throws {
        try await turn.withTurn {
            var record = try await loadedRecord()
            guard record.epoch == epoch else { throw Fault.leaseLost }
            guard let keeper = record.keeper else { return }
            if let process = try await process(of: keeper) {
                try await end(keeper, process, grace: grace, epoch: epoch)
            }
            disconnect()
            record.keeper = nil
            try await save(record)
            state.withLockedValue { $0.environment = [:] }
            host.running.set([], in: id, asOf: host.running.moment)
            try await host.blocking { [folder] in try folder.clear(keeper.id) }
            host.log.write("keeper.ended", [("sandbox", .string(id.rawValue))])
        }
    }

    /// Ends what runs here, whoever's it is: the fleet says that the sandbox is deleted.
    func forget() async throws {
        try await turn.withTurn {
            let record = try await loadedRecord()
            if let keeper = record.keeper, let process = try await process(of: keeper) {
                disconnect()
                let left = try await host.blocking {
                    KeeperProcesses.end(process, isIsolated: keeper.isIsolated, grace: .seconds(5))
                }
                guard left.isEmpty else { throw Fault.survivors(left) }
            }
            disconnect()
            try await host.blocking { [folder] in try folder.remove() }
            host.log.write("sandbox.forgotten", [("sandbox", .string(id.rawValue)), ("reason", "deleted")])
        }
    }

    private func end(_ keeper: KeeperRecord, _ process: ProcessIdentity, grace: Duration, epoch: UInt64) async throws {
        do {
            let connection =
                if let connection = current(epoch) { connection } else { try await connect(to: keeper, epoch: epoch) }
            try await withDeadline(grace + Self.shutDownPatience) { try await connection.shutDown(grace: grace) }
        } catch let error as BoxError where error.code == .connectionClosed {
            // It ended with its last word.
        } catch let error as BoxError where error.code == .survivors {
            // It stays with them, and can be asked again.
            throw Fault.survivors([])
        } catch {
            host.log.write("keeper.killed", [("sandbox", .string(id.rawValue)), ("error", .string("\(error)"))])
        }
        let left = try await host.blocking {
            KeeperProcesses.end(process, isIsolated: keeper.isIsolated, grace: .seconds(1))
        }
        guard left.isEmpty else { throw Fault.survivors(left) }
    }
}
