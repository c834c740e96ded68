import BoxClient
import BoxSession
package import Logging
package import Metrics
package import Model
package import ProviderKit

/// Boxes on this host: an overlay filesystem, bubblewrap, and `boxd` as the first process.
package final class LocalDriver: Driver {
    static let name = "local"

    package let descriptor: Descriptor
    package let binding: Binding
    let keeper: BoxKeeper
    let pool: BlockingPool
    let loop: BoxLoop
    /// Boxes of which something is left to be cleared.
    let departures: Departures
    let replacements = Replacements()
    /// Where boxes lie that were started in advance.
    let poolDirectory: PoolDirectory
    /// Nil when no boxes are to wait for anybody.
    let boxPool: BoxPool?
    let logger: Logger

    /// Finds out what the host allows, and settles what an earlier process has left unfinished.
    package static func start(
        _ configuration: LocalConfiguration,
        metrics: any MetricsFactory = MetricsSystem.factory,
        logger: Logger
    ) async throws(DriverError) -> LocalDriver {
        let pool = BlockingPool(threads: configuration.concurrency)
        do throws(DriverError) {
            let (keeper, placement, recovery) = try await pool.run { () throws(DriverError) in
                let keeper = try BoxKeeper(configuration: configuration)
                return (keeper, try Placement.load(from: configuration), try keeper.recover())
            }
            let loop: BoxLoop
            do {
                loop = try BoxLoop()
            } catch {
                throw DriverError(error)
            }
            let departures = Departures()
            let poolDirectory = PoolDirectory(in: configuration)
            var boxPool: BoxPool?
            if configuration.poolSize > 0 {
                boxPool = BoxPool(
                    keeper,
                    in: poolDirectory,
                    threads: pool,
                    loop: loop,
                    departures: departures,
                    metrics: metrics,
                    logger: logger
                )
            }
            let driver = LocalDriver(
                keeper: keeper,
                placement: placement,
                pool: pool,
                loop: loop,
                departures: departures,
                poolDirectory: poolDirectory,
                boxPool: boxPool,
                logger: logger
            )
            driver.report(recovery)
            for path in recovery.trash { driver.removeLater(path) }
            boxPool?.open()
            return driver
        } catch {
            await pool.shutdown()
            throw error
        }
    }

    private init(
        keeper: BoxKeeper,
        placement: String,
        pool: BlockingPool,
        loop: BoxLoop,
        departures: Departures,
        poolDirectory: PoolDirectory,
        boxPool: BoxPool?,
        logger: Logger
    ) {
        self.keeper = keeper
        self.pool = pool
        self.loop = loop
        self.departures = departures
        self.poolDirectory = poolDirectory
        self.boxPool = boxPool
        self.logger = logger
        binding = Binding(account: Self.name, placement: placement)
        descriptor = .local(keeper.capabilities, lifetime: keeper.configuration.boxLifetime)
    }

    package func create(_ creation: BoxCreation) async throws(DriverError) -> any Box {
        boxPool?.askBegan()
        defer { boxPool?.askEnded() }
        let source = try creation.source.map { reference throws(DriverError) in try identify(reference) }
        let found = try await create(creation.tag, creation.spec, from: source)
        return try await connect(
            found,
            sandbox: creation.tag.sandbox,
            epoch: creation.tag.epoch,
            environment: creation.environment
        )
    }

    package func resume(_ resumption: BoxResumption) async throws(DriverError) -> any Box {
        let box = try identify(resumption.envelope)
        try await forgetReplacement(of: box)
        do throws(DriverError) {
            return try await bringUp(box, resumption)
        } catch {
            // A box that was dying when it was looked at. Once it is dead, it is started again.
            let keeper = keeper
            guard error.kind == .transient,
                try await pool.run({ () throws(DriverError) in try keeper.hasEnded(box, within: .seconds(1)) })
            else { throw error }
            return try await bringUp(box, resumption)
        }
    }

    private func bringUp(_ box: BoxID, _ resumption: BoxResumption) async throws(DriverError) -> any Box {
        let keeper = keeper
        let found = try await pool.run { () throws(DriverError) in
            try keeper.resume(box, sandbox: resumption.sandbox, epoch: resumption.epoch)
        }
        return try await connect(
            found,
            sandbox: resumption.sandbox,
            epoch: resumption.epoch,
            environment: resumption.environment
        )
    }

    package func stop(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let box = try identify(envelope)
        let keeper = keeper
        let isReplaced = replacements.contains(box)
        let stopped = try await pool.run { () throws(DriverError) in
            try keeper.stop(box, epoch: epoch, holdsMount: isReplaced)
        }
        if let mount = stopped.mount, !replacements.keep(mount, of: box) { pool.later { mount.letGo() } }
        clearLater(stopped.remains)
        boxPool?.roomCame()
    }

    package func delete(_ envelope: Envelope, epoch: UInt64) async throws(DriverError) {
        let box = try identify(envelope)
        let keeper = keeper
        let deleted = try await pool.run { () throws(DriverError) in try keeper.delete(box, epoch: epoch) }
        let isKept = replacements.keep(deleted.trash, of: box)
        clearLater(deleted.remains) { [self] in
            if !isKept { for path in deleted.trash { removeLater(path) } }
            boxPool?.roomCame()
        }
    }

    package func list() async throws(DriverError) -> [BoxListing] {
        let keeper = keeper
        return try await pool.run { () throws(DriverError) in try keeper.list() }
    }

    package func shutdown() async {
        for replacement in replacements.endAll() { clearUp(replacement) }
        boxPool?.close()
        await departures.wait()
        poolDirectory.removeIfEmpty()
        keeper.capabilities.groups.removeIfEmpty()
        await pool.shutdown()
    }

    private func connect(
        _ found: FoundBox,
        sandbox: SandboxID,
        epoch: UInt64,
        environment: [String: String]
    ) async throws(DriverError) -> any Box {
        do throws(DriverError) {
            return try await DaemonBox.connect(
                socket: found.directory.socket,
                envelope: envelope(for: found.directory),
                isFresh: found.isFresh,
                sandbox: sandbox,
                epoch: epoch,
                environment: environment,
                loop: loop,
                timeout: keeper.configuration.startTimeout
            )
        } catch {
            // What the box's first process said last may be the reason.
            let log = error.kind == .transient ? found.directory.logTail() : ""
            throw log.isEmpty ? error : DriverError(error.kind, "\(error.message); its log ends with: \(log)")
        }
    }

    private func envelope(for directory: BoxDirectory) -> Envelope {
        var state = ["boxId": String(lastComponent(directory.path)), "account": binding.account]
        state["placement"] = binding.placement
        return Envelope(backendId: Self.name, sessionState: .init(providerState: state, workspaceReady: true))
    }

    /// The box of an envelope, if it is one of this data directory's.
    ///
    /// Elsewhere nothing can be said about it.
    func identify(_ envelope: Envelope) throws(DriverError) -> BoxID {
        guard envelope.backendId == Self.name, let box = envelope.boxId.flatMap(BoxID.init) else {
            throw DriverError(.invalid, "the envelope does not name a local box")
        }
        guard envelope.sessionState.providerState["placement"] == binding.placement else {
            throw DriverError(.placementOffline, "the box lives on another host or under another data directory")
        }
        return box
    }

    /// Clears up after a box while nobody waits.
    func clearLater(_ remains: BoxRemains?, then next: @escaping @Sendable () -> Void = {}) {
        guard let remains else { return next() }
        departures.begin()
        pool.later { [departures, logger] in
            defer { departures.end() }
            do throws(DriverError) {
                try remains.clear()
            } catch {
                // The next start of this box or of a worker does it.
                logger.warning("remains of a box not cleared", metadata: ["error": "\(error.message)"])
            }
            next()
        }
    }

    func removeLater(_ path: String) {
        let logger = logger
        pool.later {
            do throws(DriverError) {
                try FileTree.remove(path)
            } catch {
                // It stays in the trash, where the next start finds it.
                logger.warning("deleted files could not be removed", metadata: ["error": "\(error.message)"])
            }
        }
    }

    private func report(_ recovery: Recovery) {
        logger.info(
            "local boxes found",
            metadata: [
                "running": "\(recovery.running)", "stopped": "\(recovery.stopped)", "died": "\(recovery.died)",
                "discarded": "\(recovery.discarded)", "waiting": "\(recovery.waiting)",
            ]
        )
        for name in recovery.unreadable {
            logger.error("a box or archive could not be looked at and was left alone", metadata: ["name": "\(name)"])
        }
        if let obstacle = keeper.capabilities.subvolumeObstacle {
            logger.notice("boxes are saved by moving and copying their files", metadata: ["reason": "\(obstacle)"])
        }
        if let obstacle = keeper.capabilities.mappingObstacle, keeper.capabilities.isRoot {
            logger.warning("files are copied for each fork", metadata: ["reason": "\(obstacle)"])
        }
        if let obstacle = keeper.capabilities.overlayObstacle {
            logger.warning("boxes get a copied root instead of an overlay", metadata: ["reason": "\(obstacle)"])
        }
    }
}
