import FleetTesting
import NIOConcurrencyHelpers

/// What all clients share.
final class Load: Sendable {
    let callers: Callers
    let findings: Findings
    let timeline: Timeline
    /// When clients begin nothing new any more, in seconds since the run began.
    let end: Double
    private let all = NIOLockedValueBox<[SandboxLedger]>([])

    init(callers: Callers, findings: Findings, timeline: Timeline, end: Double) {
        self.callers = callers
        self.findings = findings
        self.timeline = timeline
        self.end = end
    }

    var ledgers: [SandboxLedger] { all.withLockedValue { $0 } }
    var isOver: Bool { timeline.now >= end }

    func add(_ ledger: SandboxLedger) { all.withLockedValue { $0.append(ledger) } }

    /// Works with one sandbox after another until the time is up.
    func client(_ number: Int, _ random: SeededGenerator) async {
        var random = random
        var count = 0
        while !isOver {
            count += 1
            let life = SandboxUse(name: "\(number).\(count)", load: self)
            do {
                try await life.run(&random)
            } catch let stuck as Stuck {
                findings.add(.stuck, life.ledger?.id, stuck.description)
            } catch is CancellationError {
                return
            } catch {
                findings.add(.refused, life.ledger?.id, "\(error)")
                life.ledger?.note("refused: \(error)")
            }
        }
    }
}
