/// One way to hurt a fleet.
enum Fault: Sendable {
    /// SIGKILL; its supervisor starts it again.
    case kill(ServiceName)
    /// SIGSTOP, and SIGCONT after so many seconds.
    case freeze(ServiceName, Double)
    /// A stop in order, and a new start.
    case restart(ServiceName)
    /// Every service of a kind at the same moment.
    case killAll([ServiceName])
    /// One is frozen, and while it is, its peer is killed.
    case freezeAndKill(ServiceName, Double, ServiceName)
    /// A network cable is pulled for so many seconds.
    case cut(Double)
    /// The same, and the worker behind it is killed meanwhile.
    case cutAndKill(Double)
    /// SIGKILL to one backend of the database, which then restarts itself.
    case killBackend
    /// SIGKILL to the first process of a box, which takes all others of the box with it; which box, the draw says.
    case killBox(UInt64)

    var name: String {
        switch self {
        case .kill(let service): "kill -9 \(service.kind)"
        case .freeze(let service, _): "freeze \(service.kind)"
        case .restart(let service): "restart \(service.kind)"
        case .killAll(let services): "kill -9 all \(services.first?.kind ?? "")s"
        case .freezeAndKill: "freeze one worker, kill another"
        case .cut: "cut a worker off"
        case .cutAndKill: "cut a worker off, and kill it"
        case .killBackend: "kill -9 a database backend"
        case .killBox: "kill -9 a box"
        }
    }

    /// The services that it disturbs; no two faults have one at the same time.
    var services: [ServiceName] {
        switch self {
        case .kill(let service), .freeze(let service, _), .restart(let service): [service]
        case .killAll(let services): services
        case .freezeAndKill(let frozen, _, let killed): [frozen, killed]
        case .cut, .cutAndKill: [.apartWorker]
        case .killBackend: [.postgres]
        case .killBox: []
        }
    }
}

extension ServiceName {
    /// What it is one of.
    var kind: String { rawValue.split(separator: "-").first.map(String.init) ?? rawValue }
}
