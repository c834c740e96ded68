import Fleet
import FleetTesting
import Logging
import NIOConcurrencyHelpers
import PrometheusMetrics
import Testing

@testable import Reaper

@Suite struct DutyMetricsTests {
    /// Each pass, each thing and each failure is counted once, under the duty's name.
    @Test func passesThingsAndFailuresAreCounted() async throws {
        let registry = PrometheusRegistry()
        let duty = ScriptedDuty([
            .success(DutyPass(found: 4, failed: 1)), .failure(FixtureError("no database")), .success(DutyPass(found: 2)),
        ])
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let running = Task { try await DutyRunner(duty: duty, logger: logger, factory: registry).run() }
        await duty.played.wait()
        running.cancel()
        try await running.value
        let lines = Set(registry.exposition().split(separator: "\n").map(String.init))
        for (name, count) in [("passes", 2), ("found", 6), ("failed", 1), ("failures", 1)] {
            #expect(lines.contains("sandfleet_reaper_\(name)_total{duty=\"scripted\"} \(count)"), "\(name)")
        }
        #expect(lines.contains("sandfleet_reaper_pass_duration_seconds_count{duty=\"scripted\"} 2"))
    }
}

/// Does what it was told, once each, and then says so and waits for its end.
private final class ScriptedDuty: Duty {
    let name = "scripted"
    let interval = Duration.milliseconds(1)
    let batch = 4
    let played = OneShot<Void>()
    private let script: NIOLockedValueBox<[Result<DutyPass, any Error>]>

    init(_ script: [Result<DutyPass, any Error>]) {
        self.script = NIOLockedValueBox(script)
    }

    func pass() async throws -> DutyPass {
        let next = script.withLockedValue { $0.isEmpty ? nil : $0.removeFirst() }
        if let next { return try next.get() }
        played.resolve(())
        try await Task.sleep(for: .seconds(600))
        return DutyPass(found: 0)
    }
}
