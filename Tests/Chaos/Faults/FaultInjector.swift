import Fleet
import FleetTesting
import Glibc
import NIOConcurrencyHelpers

/// Carries a plan out.
struct FaultInjector: Sendable {
    let fleet: ChaosFleet
    let log: FaultLog
    let timeline: Timeline
    let progress: @Sendable (String) -> Void
    private let busy = NIOLockedValueBox<Set<ServiceName>>([])

    init(fleet: ChaosFleet, log: FaultLog, timeline: Timeline, progress: @escaping @Sendable (String) -> Void) {
        self.fleet = fleet
        self.log = log
        self.timeline = timeline
        self.progress = progress
    }

    /// Injects everything that is planned; several faults may last at the same time.
    ///
    /// Nothing lasts afterwards.
    func run(_ plan: FaultPlan) async throws {
        let start = timeline.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (at, fault) in plan.faults {
                let wait = start + at - timeline.now
                if wait > 0 { try await Task.sleep(for: .seconds(wait)) }
                guard reserve(fault.services) else { continue }
                group.addTask {
                    defer { release(fault.services) }
                    try await inject(fault)
                }
            }
            try await group.waitForAll()
        }
    }

    private func inject(_ fault: Fault) async throws {
        switch fault {
        case .kill(let service):
            try await noting(fault, service.rawValue) { strike([service], SIGKILL) }
        case .killAll(let services):
            try await noting(fault, "all") { strike(services, SIGKILL) }
        case .restart(let service):
            try await noting(fault, service.rawValue) {
                let process = fleet.process(service)
                strike([service], service == .postgres ? SIGINT : SIGTERM)
                // It may take its time; who does not stop is killed by the next fault that comes its way.
                try? await eventually("\(service.rawValue) stops", within: .seconds(30)) { !(process?.isAlive ?? false) }
            }
        case .freeze(let service, let seconds):
            try await noting(fault, "\(service.rawValue) for \(seconds.fixed(1)) s") {
                try await freeze(service, seconds) {}
            }
        case .freezeAndKill(let frozen, let seconds, let killed):
            try await noting(fault, "\(frozen.rawValue) for \(seconds.fixed(1)) s, \(killed.rawValue)") {
                try await freeze(frozen, seconds) { strike([killed], SIGKILL) }
            }
        case .cut(let seconds):
            try await noting(fault, "for \(seconds.fixed(1)) s") { try await cut(seconds) {} }
        case .cutAndKill(let seconds):
            try await noting(fault, "for \(seconds.fixed(1)) s") {
                try await cut(seconds) { strike([.apartWorker], SIGKILL) }
            }
        case .killBackend:
            try await noting(fault, "") {
                // Not the postmaster: a backend that dies so makes it end all others, and recover.
                if let backend = fleet.family(.postgres).dropFirst().last { kill(backend.pid, SIGKILL) }
            }
        case .killBox(let number): try await killBox(fault, number)
        }
    }

    private func strike(_ services: [ServiceName], _ signal: Int32) {
        for service in services {
            // An ordinary stop is the head's own business; SIGKILL takes everybody.
            let targets = signal == SIGKILL ? fleet.family(service) : fleet.process(service).map { [$0] } ?? []
            for process in targets where process.isAlive { kill(process.pid, signal) }
        }
    }

    private func freeze(_ service: ServiceName, _ seconds: Double, meanwhile: () -> Void) async throws {
        // The head first, so that it makes no more of the others.
        if let head = fleet.process(service) { kill(head.pid, SIGSTOP) }
        let frozen = fleet.family(service)
        for process in frozen { kill(process.pid, SIGSTOP) }
        defer { for process in frozen where process.isAlive { kill(process.pid, SIGCONT) } }
        try await Task.sleep(for: .seconds(seconds / 2))
        meanwhile()
        try await Task.sleep(for: .seconds(seconds / 2))
    }

    private func cut(_ seconds: Double, meanwhile: () -> Void) async throws {
        guard let cell = fleet.apart?.cell else { return }
        try await cell.cut()
        do {
            try await Task.sleep(for: .seconds(seconds / 2))
            meanwhile()
            try await Task.sleep(for: .seconds(seconds / 2))
        } catch {
            try await cell.heal()
            throw error
        }
        try await cell.heal()
    }

    private func killBox(_ fault: Fault, _ number: UInt64) async throws {
        let live = HostBoxes(data: fleet.fleet.data).all().filter { $0.process != nil }
        guard !live.isEmpty else { return }
        let victim = live[Int(number % UInt64(live.count))]
        guard let process = victim.process else { return }
        // Noted before it is done, so that nobody sees the end without the reason.
        try await noting(fault, "\(victim.box) of \(victim.sandbox ?? "?")", box: victim.box) {
            if process.isAlive { kill(process.pid, SIGKILL) }
            try await eventually("the box is dead", within: .seconds(30)) { !process.isAlive }
            // The watcher sees it a moment later.
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    private func noting(_ fault: Fault, _ detail: String, box: String? = nil, _ body: () async throws -> Void) async throws {
        let began = timeline.now
        let entry = FaultLog.Entry(
            name: fault.name,
            detail: detail,
            services: fault.services,
            began: began,
            ended: nil,
            box: box
        )
        let index = log.begin(entry)
        progress("\(began.fixed(1)) s: \(fault.name) \(detail)")
        defer { log.end(index, at: timeline.now) }
        try await body()
    }

    private func reserve(_ services: [ServiceName]) -> Bool {
        busy.withLockedValue { busy in
            guard busy.isDisjoint(with: services) else { return false }
            busy.formUnion(services)
            return true
        }
    }

    private func release(_ services: [ServiceName]) {
        busy.withLockedValue { $0.subtract(services) }
    }
}
