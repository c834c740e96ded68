package import FoundationEssentials

/// A worker's proof of life, as its row has it.
package struct Heartbeat: Sendable, Hashable {
    /// How long one renewal proves life, by the database's clock, in seconds.
    package static let validity = 10.0
    /// How long a worker's own renewals must have come without a gap before it may judge others (rule 2), in seconds.
    package static let steadiness = 15.0

    package var validUntil: Date
    /// Since when the renewals have come without a gap.
    package var steadySince: Date
    /// A peer fenced this incarnation, or it stopped in order: it can never renew.
    package var isOver: Bool

    package init(registeredAt now: Date) {
        validUntil = now.addingTimeInterval(Self.validity)
        steadySince = now
        isOver = false
    }

    /// - Returns: Whether it was renewed.
    package mutating func renew(at now: Date) -> Bool {
        guard !isOver else { return false }
        if validUntil < now { steadySince = now }
        validUntil = now.addingTimeInterval(Self.validity)
        return true
    }

    package func isValid(at now: Date) -> Bool { !isOver && validUntil > now }

    /// Whether its word on another's life counts (rule 2).
    package func mayJudge(at now: Date) -> Bool { steadySince <= now.addingTimeInterval(-Self.steadiness) }

    /// Whether a taker may count its worker as dead.
    package func isDead(to taker: Heartbeat, at now: Date) -> Bool {
        isOver || (validUntil < now && taker.mayJudge(at: now))
    }
}
