import Metrics

/// What a duty's passes are measured by.
struct DutyMetrics: Sendable {
    private let passes: Counter
    private let found: Counter
    private let failed: Counter
    private let failures: Counter
    private let duration: Metrics.Timer

    init(duty: String, factory: any MetricsFactory) {
        let dimensions = [("duty", duty)]
        passes = Counter(label: "sandfleet.reaper.passes", dimensions: dimensions, factory: factory)
        found = Counter(label: "sandfleet.reaper.found", dimensions: dimensions, factory: factory)
        failed = Counter(label: "sandfleet.reaper.failed", dimensions: dimensions, factory: factory)
        failures = Counter(label: "sandfleet.reaper.failures", dimensions: dimensions, factory: factory)
        duration = Metrics.Timer(label: "sandfleet.reaper.pass.duration", dimensions: dimensions, factory: factory)
    }

    func ended(_ pass: DutyPass, took time: Duration) {
        passes.increment()
        found.increment(by: pass.found)
        failed.increment(by: pass.failed)
        duration.recordNanoseconds(Int64(time / .nanoseconds(1)))
    }

    /// The pass as a whole could not be done.
    func threw() {
        failures.increment()
    }
}
