import Logging
import Model
import Ownership
import ProviderKit

/// Everything that one schedule runs: store, provider, workers, a reaper, users, and who troubles them.
// Sendable: one thread steps a simulation.
final class SimulatedFleet: @unchecked Sendable {
    static let slots = 3

    let simulator: Simulator
    let plan: Plan
    let mutation: Mutation?
    let store: SimulatedStore
    let provider: SimulatedProvider
    let oracle: Oracle
    let id: FleetID
    let logger: Logger
    /// What a worker believes that looks at nothing.
    let immortal: Vitality
    private(set) var users: [SimulatedUser] = []
    private(set) var workers: [SimulatedWorker] = []
    /// Dead ones that nobody has fenced yet.
    private(set) var fallen: [SimulatedWorker] = []
    var busDownUntil: Int64 = 0
    /// A database that restarts frees the locks that prove life.
    var locksFreeUntil: Int64 = 0
    let reaper: SimulatedProcess
    private let bus = Link(
        name: "bus",
        latency: 2,
        slow: 0.05,
        slowest: 12_000,
        lostRequests: 0.03,
        lostAnswers: 0.03
    )

    init(_ simulator: Simulator, mutation: Mutation?) {
        self.simulator = simulator
        self.mutation = mutation
        reaper = SimulatedProcess("reaper", in: simulator)
        plan = Plan(&simulator.random)
        simulator.ambush = plan.ambush
        id = simulator.identifier("f")
        var logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        self.logger = logger
        let always = simulator.continuousNow
        immortal = Vitality { always }
        immortal.confirm(sentAt: always)
        store = SimulatedStore(simulator, provider: plan.flavour.rawValue, mutation: mutation)
        provider = SimulatedProvider(simulator, plan.flavour)
        oracle = Oracle(simulator, store, provider)
        oracle.isHealthy = { [weak self] id in
            guard let self, let worker = workers.first(where: { $0.id == id }) else { return false }
            return !worker.process.isDead && worker.process.frozenUntil + 15_000 < simulator.now
        }
    }

    func start() {
        simulator.note("plan", "\(plan)")
        for slot in 0..<Self.slots { startWorker(slot) }
        addForeignBoxes()
        for _ in 0..<plan.sandboxes { addSandbox(persistent: !simulator.random.chance(0.2), source: nil) }
        reap()
        trouble()
    }

    /// - Returns: A new sandbox with a user of its own.
    func addSandbox(persistent: Bool, source: ArchiveID?) {
        let sandbox: SandboxID = simulator.identifier("s")
        if plan.flavour == .selfHosted {
            provider.add(
                .init(
                    externalID: SimulatedProvider.machine(of: sandbox),
                    tag: nil,
                    binding: binding(ofSlot: 0),
                    isRunning: false,
                    contents: 0,
                    epochSeen: 0,
                    listedFrom: 0
                )
            )
        }
        let isPersistent = persistent || plan.flavour == .selfHosted
        oracle.created(sandbox, from: source)
        store.insert(sandbox, Lease(persistent: isPersistent, source: source))
        for index in 0..<plan.users {
            let user = SimulatedUser(self, sandbox, index: index)
            users.append(user)
            simulator.spawn { await user.live() }
        }
    }

    /// What belongs to others on the same account.
    private func addForeignBoxes() {
        guard plan.flavour != .selfHosted else { return }
        let tag = BoxTag(
            fleet: simulator.identifier("f"),
            sandbox: simulator.identifier("s"),
            box: simulator.identifier("b"),
            epoch: 1
        )
        for (name, tag) in [("foreign", tag), ("untagged", nil)] {
            provider.add(
                .init(
                    externalID: name,
                    tag: tag,
                    binding: binding(ofSlot: 0),
                    contents: 0,
                    epochSeen: 0,
                    listedFrom: 0,
                    isForeign: true
                )
            )
        }
    }

    func binding(ofSlot slot: Int) -> Binding {
        if plan.flavour.isHostBound { return Binding(account: "main", placement: slot == 2 ? "h2" : "h1") }
        let isRotated = plan.hasRotatedCredentials && plan.flavour != .selfHosted && slot == 2
        return Binding(account: isRotated ? "other" : "main")
    }

    func driver(of process: SimulatedProcess, slot: Int) -> SimulatedDriver {
        SimulatedDriver(
            provider: provider,
            process: process,
            worker: process.name,
            actual: binding(ofSlot: slot),
            binding: mutation == .ignoresTheBinding ? binding(ofSlot: 0) : binding(ofSlot: slot),
            mutation: mutation
        )
    }

    // MARK: - Workers

    private func startWorker(_ slot: Int) {
        guard !simulator.isOver else { return }
        let worker = SimulatedWorker(self, slot: slot)
        if slot < workers.count { workers[slot] = worker } else { workers.append(worker) }
        worker.process.kill = { [weak self, weak worker] in
            guard let self, let worker else { return }
            kill(worker)
        }
        simulator.note(worker.name, "starts in slot \(slot)")
        simulator.spawn { await worker.run() }
    }

    func kill(_ worker: SimulatedWorker) {
        guard !worker.process.isDead, let slot = workers.firstIndex(where: { $0 === worker }) else { return }
        worker.process.isDead = true
        fallen.append(worker)
        simulator.note(worker.name, "is killed")
        simulator.after(500 + simulator.random.below(simulator.isFaulty ? 20_000 : 500)) { [self] in startWorker(slot) }
    }

    /// Workers and users know the fleet, and it knows them.
    func dispose() {
        workers = []
        fallen = []
        users = []
    }

    func isLockFree(of worker: SimulatedWorker) -> Bool {
        worker.process.isDead || max(locksFreeUntil, worker.lockFreeUntil) > simulator.now
    }

    func forget(_ worker: SimulatedWorker) { fallen.removeAll { $0 === worker } }

    // MARK: - The bus

    /// Asks a worker.
    ///
    /// - Returns: Nil when nobody answered in time.
    func ask<Answer: Sendable>(
        _ worker: SimulatedWorker,
        from client: SimulatedProcess,
        within patience: Int = 30_000,
        _ body: @escaping @Sendable (SimulatedWorker) async -> Answer
    ) async -> Answer? {
        guard !client.isDead else { return nil }
        return await withUnsafeContinuation { (continuation: UnsafeContinuation<Answer?, Never>) in
            let once = Once<Answer?>(continuation)
            simulator.after(patience) { [self] in simulator.deliver(to: client) { _ in once.resume(nil) } }
            let isRepeated = simulator.isFaulty && simulator.random.chance(0.05)
            for _ in 0..<(isRepeated ? 2 : 1) { send(to: worker, from: client, once, body) }
        }
    }

    private func send<Answer: Sendable>(
        to worker: SimulatedWorker,
        from client: SimulatedProcess,
        _ once: Once<Answer?>,
        _ body: @escaping @Sendable (SimulatedWorker) async -> Answer
    ) {
        let fate = bus.draw(&simulator.random, faulty: simulator.isFaulty)
        guard let request = fate.request, busDownUntil <= simulator.now, !worker.isSilent else { return }
        simulator.after(request) { [simulator] in
            simulator.deliver(to: worker.process) { isAlive in
                guard isAlive else { return }
                simulator.spawn {
                    let answer = await body(worker)
                    guard let back = fate.answer, !worker.isSilent else { return }
                    simulator.after(back) { simulator.deliver(to: client) { _ in once.resume(answer) } }
                }
            }
        }
    }

    /// Whoever listens for a sandbox; after a take-over perhaps a frozen one too (rule 6).
    func servers(of sandbox: SandboxID) -> [SimulatedWorker] {
        workers.filter { !$0.process.isDead && $0.holdings[sandbox] != nil }
    }

    func anyWorker() -> SimulatedWorker { simulator.random.pick(workers) }

    func weaken(_ evidence: inout SweepEvidence) {
        switch mutation {
        case .sweepsWhatNoRowKnows:
            guard evidence.box == nil, let tag = evidence.listing.tag, let any = store.sandboxes.first,
                var sandbox = store.record(any)
            else { return }
            sandbox.id = tag.sandbox
            sandbox.leaseState = .terminated
            sandbox.epoch = max(1, sandbox.epoch)
            evidence.fleet = tag.fleet
            evidence.sandbox = sandbox
            evidence.box = BoxRecord(
                id: tag.box,
                provider: store.provider,
                account: evidence.binding.account,
                placement: evidence.binding.placement,
                epoch: 1,
                state: .superseded,
                callDeadline: simulator.date
            )
        case .sweepsWhatIsNotNamed:
            guard evidence.sandbox?.envelope?.boxId != evidence.listing.externalID else { return }
            evidence.box?.state = .superseded
            evidence.sandbox?.owner = evidence.sweeper
        default: break
        }
    }
}
