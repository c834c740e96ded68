import ArgumentParser
import Simulation

/// Runs schedules of the simulated fleet until one fails.
@main
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "simulate")

    @Option(help: "How many schedules.")
    var count = 20_000

    @Option(help: "The first seed.")
    var first: UInt64 = 1

    @Option(help: "Replays this one with its trace.")
    var seed: UInt64?

    @Option(help: "Takes one fence away; `all` tries each.")
    var mutation: String?

    @Option(help: "How many run at a time.")
    var threads = 2

    @Option(help: "After how many failures to end.")
    var failures = 1

    func run() async throws {
        if mutation == "all" {
            for mutation in Mutation.allCases { try await campaign(mutation) }
        } else if let seed {
            try replay(seed, try named())
        } else if try await campaign(try named()) {
            throw ExitCode.failure
        }
    }

    private func named() throws -> Mutation? {
        guard let mutation else { return nil }
        guard let named = Mutation(rawValue: mutation) else {
            throw ValidationError("Mutations: " + Mutation.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return named
    }

    private func replay(_ seed: UInt64, _ mutation: Mutation?) throws {
        let outcome = Schedule(seed: seed, mutation: mutation).run(traced: true)
        for line in outcome.trace { print(line) }
        guard outcome.violation == nil else { throw ExitCode.failure }
    }

    /// - Returns: Whether one failed.
    @discardableResult
    private func campaign(_ mutation: Mutation?) async throws -> Bool {
        let clock = ContinuousClock()
        let start = clock.now
        let result = await Campaign(first: first, count: count, mutation: mutation, threads: threads, enough: failures)
            .run()
        let name = mutation.map { "\($0.rawValue): " } ?? ""
        print("\(name)\(result.schedules) schedules, \(result.steps) events in \(clock.now - start)")
        for failure in result.failures {
            print("  seed \(failure.seed) (\(failure.flavour.rawValue)): \(failure.violation ?? "")")
        }
        return !result.failures.isEmpty
    }
}
