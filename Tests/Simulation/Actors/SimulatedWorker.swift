import FoundationEssentials
import Logging
import Model
import Ownership
import ProviderKit

/// One incarnation of a worker: the real decisions, held together as the worker's keeper of leases does it.
// Sendable: one thread steps a simulation.
final class SimulatedWorker: @unchecked Sendable {
    /// One sandbox that this worker serves.
    // Sendable: one thread steps a simulation.
    final class Holding: @unchecked Sendable {
        let sandbox: SandboxID
        let epoch: UInt64
        let box: SimulatedBox
        var running = 0
        var isClosed = false
        /// What still runs is answered no more.
        var isCut = false
        var isDropped = false
        var isDraining = false
        /// An end was begun and did not come about.
        var isUnfinished = false

        init(sandbox: SandboxID, epoch: UInt64, box: SimulatedBox) {
            self.sandbox = sandbox
            self.epoch = epoch
            self.box = box
        }
    }

    let id: WorkerID
    let process: SimulatedProcess
    let fleet: SimulatedFleet
    let store: StoreFace
    let driver: SimulatedDriver
    let vitality: Vitality
    var holdings: [SandboxID: Holding] = [:]
    private var attempts: Set<SandboxID> = []
    /// Its connection to the broker is broken, and its life lock's session, and the statements that renew its heartbeat wait.
    var cutOffUntil: Int64 = 0
    var lockFreeUntil: Int64 = 0
    var heartbeatsHeldUntil: Int64 = 0

    var simulator: Simulator { fleet.simulator }
    var name: String { process.name }

    init(_ fleet: SimulatedFleet, slot: Int) {
        self.fleet = fleet
        id = fleet.simulator.identifier("w")
        process = SimulatedProcess(Self.name(of: id), in: fleet.simulator)
        store = StoreFace(store: fleet.store, process: process)
        driver = fleet.driver(of: process, slot: slot)
        vitality = Vitality { [simulator = fleet.simulator] in simulator.continuousNow }
    }

    static func name(of id: WorkerID) -> String { "worker/\(id.short)" }

    private var isHeedless: Bool {
        [.ignoresItsVitality, .actsWithoutLooking].contains(fleet.mutation)
    }

    /// Nobody responds on its subject; a frozen one is silent too, but its subscription is there.
    var isSilent: Bool { process.isDead || cutOffUntil > simulator.now }

    var isAlive: Bool { isHeedless || vitality.isAlive() }

    var owner: Owner {
        let simulator = fleet.simulator
        let isImpatient = fleet.mutation == .waitsForNoDeadline
        return Owner(
            store: store,
            driver: FencedDriver(driver: driver, vitality: isHeedless ? fleet.immortal : vitality),
            archiver: SimulatedArchiver(provider: fleet.provider, mutation: fleet.mutation),
            fleet: fleet.id,
            actor: name,
            now: { isImpatient ? simulator.date.addingTimeInterval(3600) : simulator.date },
            newBox: { simulator.identifier("b") },
            newArchive: { simulator.identifier("a") },
            logger: fleet.logger
        )
    }

    // MARK: - Taking

    enum Reply: Sendable, Equatable {
        case serving
        case owned(WorkerID)
        case settled
        case refused
    }

    /// Takes it, or asks the one that has it, who may not know of it.
    func acquire(_ sandbox: SandboxID) async -> Reply {
        let reply = await takeOnce(sandbox)
        guard case .owned(let owner) = reply, let holder = fleet.workers.first(where: { $0.id == owner }) else {
            return reply
        }
        return await fleet.ask(holder, from: process, within: 2000) { await $0.takeOnce(sandbox) } ?? reply
    }

    private func takeOnce(_ sandbox: SandboxID) async -> Reply {
        guard isAlive else { return .refused }
        if holdings[sandbox] != nil { return .serving }
        guard attempts.insert(sandbox).inserted else { return .refused }
        defer { attempts.remove(sandbox) }
        do {
            return try await take(sandbox)
        } catch {
            simulator.note(name, "\(sandbox.short) not brought up: \(error)")
            return .refused
        }
    }

    private func take(_ sandbox: SandboxID, retaking: UInt64? = nil) async throws -> Reply {
        let acquisition = try await store.acquire(
            sandbox,
            in: fleet.store.workspace,
            for: id,
            placement: driver.binding.placement,
            retaking: retaking
        )
        if case .owned(id, let epoch) = acquisition, retaking == nil, holdings[sandbox] == nil {
            // The answer to an earlier acquisition was lost.
            return try await take(sandbox, retaking: epoch)
        }
        if case .owned(let owner, _) = acquisition { return .owned(owner) }
        guard case .acquired(let leased) = acquisition else { return .refused }
        let record = leased.record
        guard record.intent == .run, record.drainingBox == nil else {
            do {
                try await Settlement(owner: owner).settle(record, boxes: leased.boxes)
            } catch {
                _ = try await store.release(sandbox, epoch: record.epoch, actor: name, reason: "settling failed")
                throw error
            }
            return record.intent == .run ? try await take(sandbox) : .settled
        }
        do {
            return try await bringUp(leased)
        } catch is NoLease {
            return .refused
        } catch {
            if record.status == .creating, (error as? DriverError)?.isPermanent ?? false {
                let fault = Fault(.internal, "It cannot be made.")
                _ = try await store.failCreation(sandbox, epoch: record.epoch, fault: fault, actor: name)
            } else {
                _ = try await store.release(sandbox, epoch: record.epoch, actor: name, reason: "not brought up")
            }
            throw error
        }
    }

    private func bringUp(_ leased: LeasedSandbox) async throws -> Reply {
        let record = leased.record
        let outcome = try await Establishment(owner: owner).establish(leased)
        guard let box = outcome.box as? SimulatedBox else { throw NoLease() }
        let binding = driver.binding
        let gaps = vitality.gaps
        let warm = try await store.becomeWarm(
            record.id,
            epoch: record.epoch,
            box: outcome.id,
            lifetime: nil,
            envelope: box.envelope,
            binding: (binding.account, binding.placement),
            actor: name
        )
        guard let warm, isHeedless || !vitality.hasLapsed(since: gaps) else { throw NoLease() }
        let holding = Holding(sandbox: record.id, epoch: record.epoch, box: box)
        holdings[record.id] = holding
        if warm.intent != .run { simulator.spawn { [self] in _ = await settle(record.id) } }
        return .serving
    }

    func drop(_ holding: Holding) {
        holding.isDropped = true
        if holdings[holding.sandbox] === holding { holdings[holding.sandbox] = nil }
    }
}
