/// One fence taken away: the simulation has to notice each.
package enum Mutation: String, CaseIterable, Sendable {
    // The store forgets a fence.
    case becomesWarmUnfenced
    /// Neither by the epoch nor by the archive's state: a successor abandons what was begun before, which alone would do.
    case publishesUnfenced
    case settlesUnfenced
    case recordsBoxesUnfenced
    case skipsTheIntent
    /// Nobody keeps that a box is being stopped (rule 11).
    case adoptsDrainingBox
    /// Neither the lease nor the own heartbeat is looked at before a far end is changed (rule 4).
    case actsWithoutLooking
    /// Who was late itself judges others (rule 2).
    case judgesWithoutSteadiness
    // The driver lies.
    case createsAfterTransientErrors
    case ignoresTheBinding
    /// A user's own machine passes for a box like any other: said to be gone, it is replaced.
    case replacesUsersMachines
    case keepsUnfilledPlaceholders
    // The owner forgets something.
    case ignoresItsVitality
    case waitsForNoDeadline
    case savesWhileWritesRun
    /// Silence alone is enough to fence a worker (rule 3).
    case trustsSilence
    /// A free lock alone is enough to fence a worker (rule 3).
    case trustsAFreeLock
    // The sweep forgets a proof (rule 10).
    /// A box that no row knows is taken for an orphan.
    case sweepsWhatNoRowKnows
    /// A box that its sandbox does not name is taken for an orphan, whoever has the lease.
    case sweepsWhatIsNotNamed
}
