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
        let kind = SandboxKind.draw(&random)
        let ledger = try await create(kind, twice: Int.random(in: 0..<3, using: &random) == 0)
        made.withLockedValue { $0 = ledger }
        load.add(ledger)
        try await use(ledger, &random)
        try await check(ledger)
        // The rest stays, for the last check.
        switch Int.random(in: 0..<6, using: &random) {
        case ..<2: break
        case ..<5 where kind == .ephemeral: try await end(ledger)
        default: try await delete(ledger)
        }
    }

    private func use(_ ledger: SandboxLedger, _ random: inout SeededGenerator) async throws {
        let kind = ledger.kind
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
                case ..<82 where kind == .lasting: try await stopAndConnect(ledger)
                case ..<84 where kind == .lasting: try await stopAmidst(number, as: "\(name).\(step)", ledger)
                case ..<86 where kind != .ephemeral: try await drain(ledger)
                case ..<91: try await checkpointAndRestore("\(name).\(step)", ledger, isPortable: number.isMultiple(of: 2))
                case ..<95: try await fork("\(name).\(step)", ledger, Origin(number))
                case ..<98: try await carryOver("\(name).\(step)", ledger)
                default: try await check(ledger)
                }
            }
            try await group.waitForAll()
        }
    }
}
