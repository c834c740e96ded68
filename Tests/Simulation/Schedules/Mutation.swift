/// One fence taken away: the simulation has to notice each.
package enum Mutation: String, CaseIterable, Sendable {
    // The store forgets a fence.
    case becomesWarmUnfenced
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
    case keepsUnfilledPlaceholders
    // The owner forgets something.
    case ignoresItsVitality
    case waitsForNoDeadline
    case savesWhileWritesRun
    /// One witness is enough to fence a worker (rule 3).
    case trustsOneWitness
    // The sweep forgets a proof (rule 10).
    /// A box that no row knows is taken for an orphan.
    case sweepsWhatNoRowKnows
    /// A box that its sandbox does not name is taken for an orphan, whoever has the lease.
    case sweepsWhatIsNotNamed

    /// Fences behind which others stand: without one of these alone nothing has been seen to go wrong.
    package static let covered: [Mutation] = [.publishesUnfenced, .recordsBoxesUnfenced, .settlesUnfenced, .trustsOneWitness]
}
