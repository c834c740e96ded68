import Bus
import FoundationEssentials
import Logging
import Model
import NATSClient
import NIOConcurrencyHelpers
import Ownership
import ProviderKit
import ServiceHost
import Store
import SwiftProtobuf
import Wire

/// Takes, serves and gives back the leases of one provider's sandboxes.
final class LeaseKeeper: Sendable {
    let identity: WorkerIdentity
    let store: Store
    /// Changes nothing while this worker may be dead to the others.
    let driver: any Driver
    /// Nil where nothing holds portable archives.
    let archiver: (any PortableArchiver)?
    /// What an archive from outside may be.
    let workspaceLimits: TarLimits
    let bus: Bus
    let vitality: Vitality
    let dispatcher: Dispatcher
    let statistics: EndpointStatistics
    let holdings = Holdings()
    let metrics: ProcessMetrics
    let holdBack = HoldBack(for: ProcessLife.heldBackFor)
    /// How many bytes of one process are stored when its start does not say.
    let storedLimit: UInt64
    let logger: Logger
    /// Seconds until somebody looks again after what runs on a machine that was not there.
    private static let absencePause = 30
    /// Acquisitions under way, so that all who ask for one sandbox wait for the same attempt.
    private let attempts = NIOLockedValueBox(Attempts())

    private struct Attempts {
        var running: [SandboxID: Task<WireAcquireReply, any Error>] = [:]
        /// The worker is giving everything back, and takes nothing any more.
        var areOver = false
    }

    init(
        identity: WorkerIdentity,
        store: Store,
        driver: any Driver,
        archiver: (any PortableArchiver)?,
        workspaceLimits: TarLimits,
        bus: Bus,
        vitality: Vitality,
        dispatcher: Dispatcher,
        metrics: ProcessMetrics,
        storedLimit: UInt64,
        logger: Logger
    ) {
        self.identity = identity
        self.store = store
        self.driver = FencedDriver(driver: driver, vitality: vitality)
        self.archiver = archiver
        self.workspaceLimits = workspaceLimits
        self.bus = bus
        self.vitality = vitality
        self.dispatcher = dispatcher
        self.metrics = metrics
        self.storedLimit = storedLimit
        self.logger = logger
        statistics = EndpointStatistics(name: "sandbox", subject: Subject.anySandbox)
    }

    /// Answers a request for a sandbox's lease: serving it, owned by another, or settled as its row asked.
    func acquire(_ sandbox: SandboxID, in workspace: WorkspaceID) async throws -> WireAcquireReply {
        guard vitality.isAlive() else { throw NoAnswer() }
        if let holding = holdings[sandbox] {
            return .serving(epoch: holding.epoch)
        }
        let task = attempts.withLockedValue { attempts -> Task<WireAcquireReply, any Error>? in
            if let attempt = attempts.running[sandbox] { return attempt }
            guard !attempts.areOver else { return nil }
            // Outlives the caller that began it: a box that is half made must be finished or settled.
            let attempt = Task<WireAcquireReply, any Error> { [self] in
                defer { self.attempts.withLockedValue { $0.running[sandbox] = nil } }
                // An earlier attempt may have ended since it was looked for: what is served is not taken anew.
                if let holding = holdings[sandbox] { return .serving(epoch: holding.epoch) }
                return try await take(sandbox, in: workspace)
            }
            attempts.running[sandbox] = attempt
            return attempt
        }
        guard let task else { throw Fault.moving }
        do {
            return try await task.value
        } catch {
            // A refusal carries no epoch: nobody could tell it from the successor's.
            guard vitality.isAlive() else { throw NoAnswer() }
            throw error
        }
    }

    /// Takes nothing any more; returns when what was being taken is held or was not to be had.
    func takeNoMore() async {
        let running = attempts.withLockedValue { attempts in
            attempts.areOver = true
            return Array(attempts.running.values)
        }
        for attempt in running { _ = await attempt.result }
    }

    private func take(
        _ sandbox: SandboxID,
        in workspace: WorkspaceID,
        retaking: UInt64? = nil
    ) async throws -> WireAcquireReply {
        let acquisition = try await store.acquire(
            sandbox,
            in: workspace,
            for: identity.id,
            placement: driver.binding.placement,
            retaking: retaking
        )
        switch acquisition {
        case .acquired(let leased):
            return try await bringUp(leased)
        case .owned(let owner, let epoch) where owner == identity.id && retaking == nil && holdings[sandbox] == nil:
            // The answer to an earlier acquisition was lost.
            return try await take(sandbox, in: workspace, retaking: epoch)
        case .owned(let owner, let epoch):
            return .with {
                $0.outcome = .owned
                $0.owner = owner.rawValue
                $0.epoch = epoch
            }
        case .elsewhere(let placement):
            throw Fault(
                .placementOffline,
                "The sandbox's box is on another host.",
                retryAfter: 2,
                details: ["placement": placement]
            )
        case .notFound:
            throw Fault(.sandboxNotFound, "There is no such sandbox.")
        case .notLive:
            throw NoAnswer()
        }
    }

    private func bringUp(_ leased: LeasedSandbox) async throws -> WireAcquireReply {
        let record = leased.record
        guard record.intent == .run, record.drainingBox == nil else {
            do {
                try await settleUnserved(leased)
            } catch {
                try await release(record.id, epoch: record.epoch, reason: "settling failed")
                throw error
            }
            // A stop that was begun before somebody asked for it again: finished, it may come back.
            if record.intent == .run { return try await take(record.id, in: record.workspace) }
            return .with {
                $0.outcome = .settled
                $0.epoch = record.epoch
            }
        }
        let holding: Holding
        do {
            holding = try await establish(leased)
        } catch {
            try await giveUp(leased, error)
            throw error
        }
        return .serving(epoch: holding.epoch)
    }

    private func establish(_ leased: LeasedSandbox) async throws -> Holding {
        let record = leased.record
        // Nobody but us starts any from here on.
        async let running = store.runningProcesses(of: record.id, epoch: record.epoch)
        let outcome = try await Establishment(owner: owner).establish(leased)
        let holding = Holding(leased, box: outcome.box, boxID: outcome.id, metrics: metrics)
        do {
            // Known before anybody can ask for them.
            let processes = try inherit(try await running, by: holding)
            // Listening before the lease is known to be served (rule 6): the asker's next request must find us.
            holding.serve(by: try subscribe(holding))
            try await bus.confirmSubscriptions()
            let envelope = outcome.box.envelope
            let binding = driver.binding
            let gaps = vitality.gaps
            let warm = try await store.becomeWarm(
                record.id,
                epoch: record.epoch,
                box: outcome.id,
                lifetime: outcome.box.lifetime(under: driver.descriptor),
                envelope: envelope,
                // A workspace may have an account of its own.
                binding: (envelope.account ?? binding.account, binding.placement),
                actor: identity.actor
            )
            // Frozen before the answer came, others may have taken over; if it is ours yet, it is taken anew.
            guard let warm, !vitality.hasLapsed(since: gaps) else { throw NoLease() }
            if let older = holdings.insert(holding) { await drop(older) }
            if let live = holding.live { watch(live, of: holding) }
            await takeOver(processes, of: holding)
            // Asked meanwhile to stop or delete it: that is the next thing to do.
            if warm.intent != .run { dispatcher.enqueue { [self] in await settleIntent(of: holding) } }
            return holding
        } catch {
            await drop(holding)
            throw error
        }
    }

    /// Ends a lease whose box did not come up; what is known of the box is in its row.
    private func giveUp(_ leased: LeasedSandbox, _ error: any Error) async throws {
        let record = leased.record
        let fault = Fault.describing(error)
        logger.warning(
            "sandbox not brought up",
            metadata: .keyed([
                .sandbox: "\(record.id)", .epoch: "\(record.epoch)", .error: "\(fault.code.rawValue): \(fault.message)",
            ])
        )
        if error is NoLease { return }
        if record.status == .creating, (error as? DriverError)?.isPermanent ?? false {
            _ = try await store.failCreation(record.id, epoch: record.epoch, fault: fault, actor: identity.actor)
        } else {
            try await release(record.id, epoch: record.epoch, reason: fault.code.rawValue)
            // A machine that is away comes back when its user wants.
            guard fault.code == .agentOffline else { return }
            try await store.lookAgain(at: record.id, inSeconds: Self.absencePause)
        }
    }

    private func subscribe(_ holding: Holding) throws -> NATSSubscription {
        try bus.serve(
            Subject.sandbox(holding.workspace, holding.sandbox),
            statistics: statistics,
            dispatcher: dispatcher,
            fault: { Fault.describing($0) },
            handler: { [self] (call: IncomingCall<WireSandboxRequest>) in
                try await SandboxOperations(holding: holding, keeper: self).answer(call)
            }
        )
    }

    /// The box, brought back by its driver when it died since.
    func liveBox(of holding: Holding) async throws -> Holding.LiveBox {
        try await holding.liveBox { [self] in
            guard let record = try await store.leased(holding.sandbox, epoch: holding.epoch),
                let envelope = record.envelope
            else { throw NoLease() }
            return try await driver.resume(
                BoxResumption(
                    envelope: envelope,
                    sandbox: holding.sandbox,
                    epoch: holding.epoch,
                    spec: holding.spec,
                    workspace: holding.workspace,
                    environment: holding.environment
                )
            )
        } revived: { [self] live in
            watch(live, of: holding)
            dispatcher.enqueue { [self] in
                if live.box.isFresh {
                    await recordRestart(of: live.box, holding)
                } else {
                    await releaseStrays(in: live.box, of: holding)
                }
            }
        }
    }

    /// Notices when a box dies.
    ///
    /// Whoever follows a process in it brings it back at once, the next operation otherwise.
    private func watch(_ live: Holding.LiveBox, of holding: Holding) {
        dispatcher.enqueue { [logger] in
            await live.box.waitUntilClosed()
            holding.boxClosed(live.generation)
            logger.info("box closed", metadata: .keyed([.sandbox: "\(holding.sandbox)", .epoch: "\(holding.epoch)"]))
        }
    }

    var settlement: Settlement { Settlement(owner: owner) }

    /// This worker as the one who acts for a sandbox.
    var owner: Owner {
        Owner(
            store: store,
            driver: driver,
            archiver: archiver,
            fleet: identity.fleet,
            actor: identity.actor,
            now: { [clock = bus.clock] in
                Date(timeIntervalSince1970: Double(clock.now) / 1000)
            },
            newBox: { [identity] in identity.newID() },
            newArchive: { [identity] in identity.newID() },
            logger: logger
        )
    }

    func release(_ sandbox: SandboxID, epoch: UInt64, reason: String) async throws {
        _ = try await store.release(sandbox, epoch: epoch, actor: identity.actor, reason: reason)
    }
}

extension WireAcquireReply {
    fileprivate static func serving(epoch: UInt64) -> WireAcquireReply {
        .with {
            $0.outcome = .serving
            $0.epoch = epoch
        }
    }
}
