import Metrics

/// What a worker tells about the boxes that it keeps ready.
struct PoolMetrics: Sendable {
    private let ready: Meter
    private let hits: Counter
    private let misses: [Counter]
    private let failures: Counter

    init(_ factory: any MetricsFactory) {
        ready = Meter(label: "sandfleet.local.pool.ready", dimensions: [], factory: factory)
        hits = Counter(label: "sandfleet.local.pool.hits", dimensions: [], factory: factory)
        misses = Miss.allCases.map {
            Counter(label: "sandfleet.local.pool.misses", dimensions: [("reason", $0.rawValue)], factory: factory)
        }
        failures = Counter(label: "sandfleet.local.pool.failures", dimensions: [], factory: factory)
    }

    /// Why a create got a box that was made for it.
    enum Miss: String, Sendable, CaseIterable {
        /// None waited.
        case empty
        /// Those that wait have another image, other limits or another network.
        case unsuited
        /// What waited was no good.
        case failed

        fileprivate var index: Int {
            switch self {
            case .empty: 0
            case .unsuited: 1
            case .failed: 2
            }
        }
    }

    func ready(_ count: Int) { ready.set(count) }
    func hit() { hits.increment() }
    func missed(_ reason: Miss) { misses[reason.index].increment() }
    func failed() { failures.increment() }
}
