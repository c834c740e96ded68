import Model

/// Who uses one sandbox, and does one thing after another with it, as a gateway would for them.
// Sendable: one thread steps a simulation.
final class SimulatedUser: @unchecked Sendable {
    /// Whether the sandbox could be used after everything.
    private(set) var isServed = false
    private unowned let fleet: SimulatedFleet
    let sandbox: SandboxID
    private let process: SimulatedProcess
    /// The last number that was written, and the last that may be.
    private var written: Int
    private let last: Int
    private var checkpoints: [ArchiveID] = []

    private var simulator: Simulator { fleet.simulator }

    /// - Parameter index: Several may use one sandbox; each has its own numbers.
    init(_ fleet: SimulatedFleet, _ sandbox: SandboxID, index: Int) {
        written = index * 30
        last = written + 30
        self.fleet = fleet
        self.sandbox = sandbox
        process = SimulatedProcess("user/\(sandbox.short)", in: fleet.simulator)
    }

    func live() async {
        for _ in 0..<fleet.plan.operations {
            _ = await simulator.sleep(process, simulator.random.below(4000))
            guard simulator.isFaulty, fleet.store.lease(sandbox)?.isTerminated == false else { return }
            switch simulator.random.below(20) {
            case 0..<10: await write()
            case 10..<12: await pause()
            case 12..<14: await stopAndConnect()
            case 14..<16: await checkpoint()
            case 16..<18: await restore()
            case 18: fork()
            default: if simulator.random.chance(0.4) { return await delete() }
            }
        }
    }

    /// Uses it until that works; what is stopped or deleted is left alone.
    func probe() async {
        while let lease = fleet.store.lease(sandbox), !lease.isTerminated {
            if lease.intent == .run {
                let deadline = simulator.now + 10_000
                isServed = await reach(within: 12_000) { [sandbox] in
                    await $0.write(63, to: sandbox, deadline: deadline)
                }
            }
            guard !isServed, await simulator.sleep(process, 2000) else { return }
        }
    }

    private func write() async {
        guard written < last else { return }
        written += 1
        let number = written
        for _ in 0..<4 {
            let deadline = simulator.now + 10_000
            let isDone = await reach(within: 12_000) { [sandbox] in
                await $0.write(number, to: sandbox, deadline: deadline)
            }
            if isDone { return }
            _ = await simulator.sleep(process, 200 + simulator.random.below(2000))
        }
    }

    private func pause() async {
        _ = await reach { [sandbox] in await $0.pause(sandbox) }
    }

    private func stopAndConnect() async {
        await intend(.stop)
        _ = await simulator.sleep(process, simulator.random.below(5000))
        await intend(.run)
    }

    private func checkpoint() async {
        guard fleet.plan.flavour != .selfHosted else { return }
        let isPortable = fleet.plan.makesPortable
        for worker in fleet.servers(of: sandbox) {
            let saved = await fleet.ask(worker, from: process) { [sandbox] in
                await $0.checkpoint(sandbox, portable: isPortable)
            }
            if let saved = saved ?? nil { checkpoints.append(saved) }
        }
    }

    private func restore() async {
        guard !checkpoints.isEmpty else { return await checkpoint() }
        let archive = simulator.random.pick(checkpoints)
        let deadline = simulator.now + 10_000
        _ = await reach(within: 60_000) { [sandbox] in
            await $0.restore(sandbox, from: archive, deadline: deadline)
        }
    }

    private func fork() {
        // A native archive of one host makes no box on another; the gateway binds a fork to its archive's host.
        let isBound = fleet.plan.flavour.isHostBound && !fleet.plan.makesPortable
        guard !checkpoints.isEmpty, !isBound, fleet.store.sandboxes.count < 4 else { return }
        fleet.addSandbox(persistent: true, source: simulator.random.pick(checkpoints))
    }

    private func delete() async {
        for _ in 0..<3 {
            await intend(.delete)
            _ = await simulator.sleep(process, 1000)
        }
    }

    /// The wish is written first; then whoever owns it is asked, or somebody to own it.
    private func intend(_ intent: Intent) async {
        let store = StoreFace(store: fleet.store, process: process)
        guard (try? await store.run { [sandbox] in $0.intend(intent, for: sandbox) }) == true else { return }
        let servers = fleet.servers(of: sandbox)
        if servers.isEmpty {
            if intent != .run, (try? await store.run { [sandbox] in $0.settleWithoutBox(sandbox) }) == true { return }
            await acquire()
        }
        for worker in servers { _ = await fleet.ask(worker, from: process) { [sandbox] in await $0.settle(sandbox) } }
    }

    /// Asks who serves the sandbox; has somebody take it when nobody does.
    private func reach(within patience: Int = 30_000, _ body: @escaping @Sendable (SimulatedWorker) async -> Bool) async -> Bool {
        if fleet.servers(of: sandbox).isEmpty { await acquire() }
        for worker in fleet.servers(of: sandbox) where await fleet.ask(worker, from: process, within: patience, body) == true {
            return true
        }
        return false
    }

    private func acquire() async {
        _ = await fleet.ask(fleet.anyWorker(), from: process) { [sandbox] in await $0.acquire(sandbox) }
    }
}
