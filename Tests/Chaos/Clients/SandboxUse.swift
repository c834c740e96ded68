import FleetTesting
import NIOConcurrencyHelpers
import SandfleetClient

/// One sandbox's life in the hands of one client: created, used in every way, and deleted or left.
final class SandboxUse: Sendable {
    let name: String
    let load: Load
    private let made = NIOLockedValueBox<SandboxLedger?>(nil)

    init(name: String, load: Load) {
        self.name = name
        self.load = load
    }

    var callers: Callers { load.callers }
    var findings: Findings { load.findings }
    var ledger: SandboxLedger? { made.withLockedValue { $0 } }

    func run(_ random: inout SeededGenerator) async throws {
        let idles = Int.random(in: 0..<4, using: &random) == 0
        let ledger = try await create(idles: idles, twice: Int.random(in: 0..<3, using: &random) == 0)
        made.withLockedValue { $0 = ledger }
        load.add(ledger)
        try await use(ledger, &random)
        try await check(ledger)
        // The rest stays, for the last check.
        if Int.random(in: 0..<3, using: &random) > 0 { try await delete(ledger) }
    }

    private func use(_ ledger: SandboxLedger, _ random: inout SeededGenerator) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            var writers = 0
            for step in 0..<Int.random(in: 4...14, using: &random) where !load.isOver {
                let draw = Int.random(in: 0..<100, using: &random)
                let number = Int.random(in: 1...6, using: &random)
                let own = random.split(step)
                switch draw {
                case ..<35: try await append(number, as: "\(name).\(step)", to: ledger)
                case ..<45: try await appendAtOnce(number, as: "\(name).\(step)", to: ledger)
                case ..<57: try await upload(own, to: ledger)
                case ..<64: try await download(from: ledger)
                case ..<78 where writers < 2 && !ledger.idles:
                    writers += 1
                    let output = WriterOutput(lines: number * 40, seconds: Double(number) * 2)
                    group.addTask { try await self.follow(output, in: ledger) }
                case ..<78 where ledger.idles: try await beSilent(for: 4, as: "\(name).\(step)", in: ledger)
                case ..<88 where ledger.idles: try await Task.sleep(for: .seconds(Double(number)))
                case ..<84: try await stopAndConnect(ledger)
                case ..<87: try await stopAmidst(number, as: "\(name).\(step)", ledger)
                case ..<90: try await drain(ledger)
                case ..<94: try await checkpointAndRestore("\(name).\(step)", ledger)
                case ..<98: try await fork("\(name).\(step)", ledger, fromCheckpoint: number > 3)
                default: try await check(ledger)
                }
            }
            try await group.waitForAll()
        }
    }
}
