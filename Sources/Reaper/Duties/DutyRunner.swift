import Logging
import Metrics
import ServiceHost
import ServiceLifecycle
import Store

/// Runs one duty for as long as the process lives.
struct DutyRunner: Service {
    let duty: any Duty
    let logger: Logger
    private let metrics: DutyMetrics

    init(duty: any Duty, logger: Logger, factory: any MetricsFactory = MetricsSystem.factory) {
        self.duty = duty
        self.logger = logger
        metrics = DutyMetrics(duty: duty.name, factory: factory)
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                let began = ContinuousClock.now
                var pass = DutyPass.idle
                do {
                    pass = try await duty.pass()
                    metrics.ended(pass, took: .now - began)
                } catch is CancellationError {
                    return
                } catch {
                    metrics.threw()
                    logger.warning(
                        "reaper pass failed",
                        metadata: .keyed([.service: "\(duty.name)", .error: "\(error)"])
                    )
                }
                if pass.found < duty.batch { try? await Task.sleep(for: duty.interval) }
            }
        }
    }
}
