import FleetTesting

/// Which faults come when, as the seed has it.
struct FaultPlan: Sendable {
    /// Each with the second at which it begins.
    let faults: [(at: Double, fault: Fault)]

    init(seed: UInt64, seconds: Double, perTenSeconds: Double, hasApartWorker: Bool) {
        var random = SeededGenerator(seed: seed)
        var faults: [(Double, Fault)] = []
        // The clients first make something to lose, and the last faults have a moment to work.
        var at = 2.0
        while true {
            // Between nothing and twice the mean: bunches and gaps.
            at += Double.random(in: 0...(20 / perTenSeconds), using: &random)
            guard at < seconds - 1 else { break }
            faults.append((at, Self.draw(hasApartWorker: hasApartWorker, using: &random)))
        }
        self.faults = faults
    }

    private static func draw(hasApartWorker: Bool, using random: inout SeededGenerator) -> Fault {
        let workers = ServiceName.workers.filter { hasApartWorker || $0 != .apartWorker }
        // Drawn one by one, whatever comes of them, so that a seed means the same on every machine.
        let choice = Int.random(in: 0..<100, using: &random)
        let worker = workers.randomElement(using: &random) ?? .worker
        let peer = workers.filter { $0 != worker }.randomElement(using: &random) ?? .secondWorker
        let gateway = ServiceName.gateways.randomElement(using: &random) ?? .gateway
        let reaper = ServiceName.reapers.randomElement(using: &random) ?? .reaper
        let (long, short) = (Double.random(in: 1...20, using: &random), Double.random(in: 1...6, using: &random))
        let number = random.next()
        return switch choice {
        case ..<14: .kill(worker)
        case ..<28: .freeze(worker, long)
        case ..<33: .freezeAndKill(worker, max(long, 8), peer)
        case ..<36: .killAll(workers)
        case ..<46 where hasApartWorker: .cut(long + 4)
        case ..<49 where hasApartWorker: .cutAndKill(long + 4)
        case ..<52 where hasApartWorker: .restart(.apartWorker)
        case ..<58: .kill(gateway)
        case ..<62: .freeze(gateway, long)
        case ..<65: .restart(gateway)
        case ..<67: .killAll(ServiceName.gateways)
        case ..<70: .kill(reaper)
        case ..<73: .freeze(reaper, long)
        case ..<75: .restart(reaper)
        case ..<79: .kill(.nats)
        case ..<82: .freeze(.nats, short)
        case ..<84: .restart(.nats)
        case ..<88: .kill(.postgres)
        case ..<91: .freeze(.postgres, short)
        case ..<93: .restart(.postgres)
        case ..<95: .killBackend
        default: .killBox(number)
        }
    }
}
