import Model

/// What a seed makes of a schedule, drawn before anything happens.
struct Plan {
    var flavour: Flavour
    var sandboxes: Int
    /// How many use each of them.
    var users: Int
    var operations: Int
    /// Milliseconds for which faults happen.
    var faultyUntil: Int64
    /// The mean pause between two faults, in milliseconds.
    var pause: Int
    /// One worker has the credentials of another account.
    var hasRotatedCredentials: Bool
    var damagesArchives: Bool
    var makesPortable: Bool
    var ambush: Ambush

    init(_ random: inout SplitMix64) {
        flavour = random.chance(0.15) ? .selfHosted : random.pick([.local, .tagged, .fleeting])
        sandboxes = 1 + random.below(2)
        users = random.chance(0.3) ? 2 : 1
        operations = 8 + random.below(16)
        faultyUntil = Int64(40_000 + random.below(80_000))
        pause = random.pick([3000, 6000, 12_000])
        hasRotatedCredentials = random.chance(0.2)
        damagesArchives = random.chance(0.15)
        makesPortable = random.chance(0.5)
        ambush = Ambush(&random)
    }
}
