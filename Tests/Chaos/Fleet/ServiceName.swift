/// The services of a fleet under chaos, by the names that `up` gives them.
package enum ServiceName: String, Sendable, CaseIterable, Codable {
    case gateway = "gateway"
    case secondGateway = "gateway-2"
    case worker = "worker"
    case secondWorker = "worker-2"
    /// The one in a network namespace of its own.
    case apartWorker = "worker-apart"
    case reaper = "reaper"
    case secondReaper = "reaper-2"
    case nats = "nats"
    case postgres = "postgres"

    static let gateways: [ServiceName] = [.gateway, .secondGateway]
    static let workers: [ServiceName] = [.worker, .secondWorker, .apartWorker]
    static let reapers: [ServiceName] = [.reaper, .secondReaper]
}
