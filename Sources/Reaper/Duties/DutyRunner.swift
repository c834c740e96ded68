import Logging
import Metrics
import ServiceHost
import ServiceLifecycle
import Store

/// Runs one duty for as long as the process lives.
struct DutyRunner: Service {
    let duty: any Duty
    let logger: Logger
    private let passes: Counter
    private let found: Counter
    private let failures: Counter

    init(duty: any Duty, logger: Logger) {
        self.duty = duty
        self.logger = logger
        let dimensions = [("duty", duty.name)]
        passes = Counter(label: "sandfleet.reaper.passes", dimensions: dimensions)
        found = Counter(label: "sandfleet.reaper.found", dimensions: dimensions)
        failures = Counter(label: "sandfleet.reaper.failures", dimensions: dimensions)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                var count = 0
                do {
                    count = try await duty.pass()
                    passes.increment()
                    found.increment(by: count)
                } catch is CancellationError {
                    return
                } catch {
                    failures.increment()
                    logger.warning(
                        "reaper pass failed",
                        metadata: .keyed([.service: "\(duty.name)", .error: "\(error)"])
                    )
                }
                if count < duty.batch { try? await Task.sleep(for: duty.interval) }
            }
        }
    }
}
