import Fleet
import FleetTesting
import FoundationEssentials
import Glibc

/// A run of the real executables under load and faults, and the count of what is left and what is lost.
package struct ChaosRun: Sendable {
    let options: ChaosOptions
    let findings = Findings()
    let faults = FaultLog()
    private let began = Timeline()

    package init(_ options: ChaosOptions) {
        self.options = options
    }

    /// Runs it; the data stay on the disk when something is wrong.
    ///
    /// - Throws: When there is nothing to judge, as when the fleet does not start.
    package func run() async throws -> ChaosReport {
        // Short: Unix sockets go below it.
        var template = Array("/tmp/sandfleet-chaos-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FixtureError("cannot make a temporary directory") }
        let folder = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let data = "\(folder)/fleet"
        let note = options.progress
        let (outcome, remains) = try await withChaosFleet(data: data, executables: options.executables, note: note) {
            try await hurt($0)
        }
        for left in remains { findings.add(.leak, nil, "after the end: \(left)") }
        let violations = findings.violations
        if violations.isEmpty { try? FileManager.default.removeItem(atPath: folder) }
        return ChaosReport(
            seed: options.seed,
            seconds: options.seconds,
            duration: began.now,
            quietAfter: outcome.quietAfter,
            faults: Dictionary(faults.all.map { ($0.name, 1) }, uniquingKeysWith: +),
            work: findings.counts,
            violations: violations,
            traces: outcome.traces,
            data: violations.isEmpty ? nil : folder
        )
    }

    private func hurt(_ fleet: ChaosFleet) async throws -> (quietAfter: Double?, traces: [String: [String]]) {
        let timeline = Timeline()
        let host = HostLeftovers(data: fleet.fleet.data)
        let watcher = BoxWatcher(data: fleet.fleet.data, timeline: timeline)
        let document = try fleet.fleet.document
        let callers = try Callers(
            urls: document.services.compactMap(\.url),
            apiKey: document.apiKey,
            findings: findings
        )
        let rows = FleetRows(url: document.postgres.url)
        let load = Load(callers: callers, findings: findings, timeline: timeline, end: timeline.now + options.seconds)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await watcher.run() }
            try await strain(fleet, load, timeline)
            let calm = timeline.now
            let verdict = Verdict(fleet: fleet, load: load, rows: rows, host: host, watcher: watcher, faults: faults)
            let isQuiet = await verdict.pass(patience: options.patience)
            group.cancelAll()
            try await group.waitForAll()
            let quietAfter = isQuiet ? timeline.now - calm : nil
            let traces = await verdict.traces()
            await rows.close()
            return (quietAfter, traces)
        }
    }

    /// Load and faults, until the last of both is over.
    private func strain(_ fleet: ChaosFleet, _ load: Load, _ timeline: Timeline) async throws {
        let plan = FaultPlan(
            seed: options.seed,
            seconds: options.seconds,
            perTenSeconds: options.faultsPerTenSeconds,
            hasApartWorker: fleet.apart != nil
        )
        let injector = FaultInjector(fleet: fleet, log: faults, timeline: timeline, progress: options.progress)
        let random = SeededGenerator(seed: options.seed)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<options.clients {
                group.addTask { await load.client(number, random.split(number)) }
            }
            try await injector.run(plan)
            let left = load.end - timeline.now
            if left > 0 { try await Task.sleep(for: .seconds(left)) }
            load.callers.faultsAreOver(patience: options.patience)
            options.progress("\(timeline.now.fixed(1)) s: the faults are over")
            try await group.waitForAll()
        }
    }
}
