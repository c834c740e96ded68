/// How messages travel between a process and something outside it.
struct Link: Sendable {
    var name: String
    /// The usual time of one way, in milliseconds.
    var latency = 3
    /// How often one way takes long, and how long at the most.
    var slow = 0.0
    var slowest = 20_000
    /// How often a request never comes, or its answer.
    var lostRequests = 0.0
    var lostAnswers = 0.0
    /// After so many milliseconds its caller gives up.
    var patience = 15_000
    /// No request takes longer than that to have its effect.
    var bound = Int.max

    struct Fate {
        var request: Int?
        var answer: Int?
    }

    func draw(_ random: inout SplitMix64, faulty: Bool) -> Fate {
        func oneWay() -> Int {
            let isSlow = faulty && random.chance(slow)
            return 1 + (isSlow ? random.below(slowest) : random.below(2 * latency))
        }
        var fate = Fate(request: min(bound, oneWay()), answer: oneWay())
        if faulty, random.chance(lostRequests) { fate.request = nil }
        if faulty, random.chance(lostAnswers) { fate.answer = nil }
        return fate
    }
}

/// Why a call has no answer.
enum CallFailure: Error, Sendable {
    /// Nothing was done.
    case unreachable
    /// Perhaps it was done, perhaps it will be.
    case unknown
    /// The caller is dead.
    case killed
}
