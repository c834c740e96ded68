/// A worker has looked, and is about to do what it decided: the moments that interleavings turn on.
enum Moment: CaseIterable, Sendable {
    case acquire, becomeWarm, beginDraining, settle, release
    case intendBox, recordBox, intendArchive, publishArchive
    case create, resume, stop, delete, capture, write
}

/// What lies in wait for workers: at a few moments that the seed draws they are stopped between the look and the deed.
struct Ambush: Sendable {
    enum Blow: Sendable {
        /// Frozen for longer than its lease lasts, mostly; then it goes on with what it was about to do.
        case freeze(Int)
        /// The call leaves, and lands long after its caller has given up.
        case strand(Int)
        /// Killed a moment later, so that the call lands or does not.
        case kill(Int)
    }

    var moments: [Moment] = []

    /// The moments that one fence alone stands behind come up more often.
    private static let lots = Moment.allCases + [.recordBox, .recordBox, .beginDraining, .settle, .write, .write]

    init() {}

    init(_ random: inout SplitMix64) {
        guard random.chance(0.8) else { return }
        for _ in 0..<(1 + random.below(3)) { moments.append(random.pick(Self.lots)) }
    }

    func draw(at moment: Moment, _ random: inout SplitMix64) -> Blow? {
        guard moments.contains(moment), random.chance(moment == .write ? 0.2 : 0.4) else { return nil }
        return switch random.below(10) {
        case 0..<6: .freeze(6000 + random.below(40_000))
        case 6..<8: .strand(60_000)
        default: .kill(random.below(100))
        }
    }
}

extension Simulator {
    /// A worker is about to make a call.
    ///
    /// - Returns: The link that the call goes by.
    func pass(_ moment: Moment, _ process: SimulatedProcess, _ link: Link) async -> Link {
        guard isFaulty, let kill = process.kill, let blow = ambush.draw(at: moment, &random) else { return link }
        note("chaos", "\(process.name) is caught at \(moment): \(blow)")
        var link = link
        switch blow {
        case .freeze(let length):
            process.frozenUntil = max(process.frozenUntil, now + Int64(length))
            _ = await sleep(process, 0)
        case .strand(let slowest):
            link.slow = 1
            link.slowest = max(link.slowest, slowest)
        case .kill(let delay):
            after(delay) { kill() }
        }
        return link
    }
}
