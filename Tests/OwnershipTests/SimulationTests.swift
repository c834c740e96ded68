import Foundation
import Simulation
import Testing

/// The real decisions in a fleet where everything goes wrong that can, under a scheduler that a seed determines.
@Suite(.serialized)
struct SimulationTests {
    private static let environment = ProcessInfo.processInfo.environment

    /// - `SANDFLEET_SIMULATE_N`: how many schedules; `SANDFLEET_SIMULATE_SEED`: replays one with its trace.
    @Test func everythingHoldsWhateverHappens() async {
        if let seed = Self.environment["SANDFLEET_SIMULATE_SEED"].flatMap(UInt64.init) {
            return expectNothing(Schedule(seed: seed).run(traced: true))
        }
        let count = Self.environment["SANDFLEET_SIMULATE_N"].flatMap(Int.init) ?? 20_000
        let result = await Campaign(first: 1, count: count).run()
        if let failure = result.failure { return expectNothing(Schedule(seed: failure.seed).run(traced: true)) }
        #expect(result.schedules == count)
    }

    @Test(arguments: Mutation.allCases)
    func aFenceTakenAwayIsNoticed(_ mutation: Mutation) async {
        let result = await Campaign(first: 1, count: 5000, mutation: mutation).run()
        #expect(result.failure != nil, "\(mutation) went unnoticed in \(result.schedules) schedules")
    }

    @Test func aSeedReplays() {
        for seed in 1...20 as ClosedRange<UInt64> {
            let first = Schedule(seed: seed).run(traced: true)
            #expect(first.trace == Schedule(seed: seed).run(traced: true).trace)
        }
    }

    private func expectNothing(_ outcome: Schedule.Outcome) {
        guard let violation = outcome.violation else { return }
        for line in outcome.trace { print(line) }
        Issue.record("seed \(outcome.seed) (\(outcome.flavour.rawValue)): \(violation)")
    }
}
