/// One run of the simulated fleet, given by its seed.
package struct Schedule: Sendable {
    package struct Outcome: Sendable {
        package var seed: UInt64
        package var flavour: Flavour
        /// Nil when everything held.
        package var violation: String?
        package var steps: Int
        /// One line an event, when it was asked for.
        package var trace: [String]
    }

    /// How long everything may take to come right once nothing goes wrong any more, in milliseconds.
    private static let patience: Int64 = 300_000

    package var seed: UInt64
    package var mutation: Mutation?

    package init(seed: UInt64, mutation: Mutation? = nil) {
        self.seed = seed
        self.mutation = mutation
    }

    package func run(traced: Bool = false) -> Outcome {
        let simulator = Simulator(seed: seed, isTracing: traced)
        let fleet = SimulatedFleet(simulator, mutation: mutation)
        fleet.start()
        simulator.run(until: fleet.plan.faultyUntil)
        fleet.calm()
        let quiet = Quiet(store: fleet.store, provider: fleet.provider, oracle: fleet.oracle, users: fleet.users)
        let end = simulator.now + Self.patience
        // A little longer than it takes for what was under way to come in.
        simulator.run(until: simulator.now + 30_000)
        for user in fleet.users { simulator.spawn { await user.probe() } }
        while simulator.violation == nil, let complaint = quiet.complaint() {
            guard simulator.now < end else {
                simulator.violate(complaint)
                break
            }
            simulator.run(until: simulator.now + 5000)
        }
        let outcome = Outcome(
            seed: seed,
            flavour: fleet.plan.flavour,
            violation: simulator.violation,
            steps: simulator.steps,
            trace: simulator.trace
        )
        simulator.finish()
        fleet.dispose()
        return outcome
    }
}
