import Fleet
import FleetTesting

/// Waits for quiet, counts everything, and says what is wrong.
struct Verdict: Sendable {
    let fleet: ChaosFleet
    let load: Load
    let rows: FleetRows
    let host: HostLeftovers
    let watcher: BoxWatcher
    let faults: FaultLog

    private var findings: Findings { load.findings }
    private var ledgers: [String: SandboxLedger] {
        Dictionary(load.ledgers.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Adds all that is wrong to the findings; whether the fleet came to rest.
    func pass(patience: Duration) async -> Bool {
        await awaitServices(patience)
        await checkWorkspaces()
        let isQuiet = await awaitQuiet(patience)
        do {
            try await count(patience)
        } catch {
            findings.add(.stuck, nil, "the rows cannot be counted: \(error)")
        }
        watcher.look()
        for rivals in watcher.rivals { findings.add(rivals) }
        for kill in Ends(lives: watcher.lives, ledgers: ledgers, faults: faults).falseKills() { findings.add(kill) }
        findings.count("looks at all boxes", watcher.samples)
        findings.count("lives of boxes", watcher.lives.count)
        let seen = Set(watcher.lives.map(\.sandbox))
        if seen.isEmpty { findings.add(.stuck, nil, "no box was ever seen alive") }
        return isQuiet
    }

    /// What happened to the sandboxes with violations.
    func traces() async -> [String: [String]] {
        let known = ledgers
        var traces: [String: [String]] = [:]
        for sandbox in Set(findings.violations.compactMap(\.sandbox)).sorted().prefix(5) {
            let journal = known[sandbox]?.journal ?? []
            let boxes = watcher.lives.filter { $0.sandbox == sandbox }
                .map {
                    "box \($0.box) pid \($0.process.pid) from \($0.began.upperBound.fixed(2)) to \($0.ended?.upperBound.fixed(2) ?? "now")"
                }
            let history = (try? await rows.history(sandbox)) ?? ["its rows cannot be read"]
            traces[sandbox] = journal + boxes + history
        }
        guard !traces.isEmpty else { return [:] }
        traces["faults"] = faults.all.map { "\($0.began.fixed(2))…\($0.ended?.fixed(2) ?? "") s  \($0.name) \($0.detail)" }
        return traces
    }

    private func awaitServices(_ patience: Duration) async {
        for service in fleet.services {
            do {
                try await eventually(service.rawValue, within: patience) { await fleet.isServing(service) }
            } catch {
                findings.add(.stuck, nil, "\(service.rawValue) does not serve again")
            }
        }
    }

    /// Every sandbox that is not deleted is used once more: its files are those that were acknowledged.
    private func checkWorkspaces() async {
        await withTaskGroup(of: Void.self) { group in
            for (index, ledger) in load.ledgers.filter({ !$0.isOver }).enumerated() {
                if index >= 4 { await group.next() }
                group.addTask {
                    do {
                        try await SandboxUse(name: "check", load: load).check(ledger)
                    } catch let stuck as Stuck {
                        findings.add(.stuck, ledger.id, stuck.description)
                    } catch {
                        findings.add(.refused, ledger.id, "at the last check: \(error)")
                    }
                }
            }
        }
    }

    /// A state and no time: nothing is under way, and every sandbox is what was asked for.
    private func awaitQuiet(_ patience: Duration) async -> Bool {
        let deadline = ContinuousClock.now + patience
        var unrest: [String: Int] = [:]
        repeat {
            do {
                unrest = try await rows.unsettled(workers: fleet.services.filter { ServiceName.workers.contains($0) }.count)
                if unrest.isEmpty { return true }
            } catch {
                unrest = ["rows that cannot be read: \(error)": 1]
            }
            try? await Task.sleep(for: .milliseconds(250))
        } while ContinuousClock.now < deadline
        for (what, count) in unrest.sorted(by: { $0.key < $1.key }) { findings.add(.stuck, nil, "\(count) \(what)") }
        return false
    }

    private func count(_ patience: Duration) async throws {
        // Files are removed a moment after the rows say so.
        var disagreements: [String] = []
        let deadline = ContinuousClock.now + min(patience, .seconds(60))
        repeat {
            disagreements = host.disagreements(try await rows.boxes(), archives: try await rows.archives())
            if disagreements.isEmpty { break }
            try await Task.sleep(for: .milliseconds(500))
        } while ContinuousClock.now < deadline
        for disagreement in disagreements { findings.add(.leak, nil, disagreement) }
        let wanted = Set(load.ledgers.filter { !$0.isDeleted }.map(\.id))
        let present = try await rows.sandboxes()
        for (sandbox, status) in present where !wanted.contains(sandbox) {
            findings.add(.leak, sandbox, "nobody wants it, and it is \(status)")
        }
        for sandbox in wanted where present[sandbox] == nil { findings.add(.lostWrite, sandbox, "the sandbox is not there any more") }
        for (key, ids) in try await rows.sandboxesByKey() where ids.count > 1 {
            findings.add(.duplicateSandbox, ids.first, "key \(key) made \(ids.joined(separator: ", "))")
        }
    }
}
