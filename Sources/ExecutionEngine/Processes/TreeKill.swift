import Glibc

/// Ends processes with their descendants: TERM, a grace, then KILL until a look finds none.
final class TreeKill {
    /// A process that survives KILL that long hangs in the kernel.
    private static let patienceMilliseconds: UInt64 = 10_000

    private let target: any KillTarget
    private let loop: EventLoop
    private let termUntil: UInt64
    private let giveUpAt: UInt64
    private let completion: (Bool) -> Void
    private var pause: UInt64 = 1

    init(of target: any KillTarget, loop: EventLoop, graceMilliseconds: UInt64, _ completion: @escaping (Bool) -> Void)
    {
        self.target = target
        self.loop = loop
        self.completion = completion
        termUntil = MonotonicClock.now() + graceMilliseconds * 1_000_000
        giveUpAt = termUntil + Self.patienceMilliseconds * 1_000_000
    }

    func begin() {
        let now = MonotonicClock.now()
        // A stopped process takes the signal once it goes on.
        proceed(at: now) { () throws(SystemError) in
            now < termUntil ? try target.signalTree([SIGTERM, SIGCONT]) : try target.killTreeNow()
        }
    }

    private func look() {
        let now = MonotonicClock.now()
        proceed(at: now) { () throws(SystemError) in
            now < termUntil ? try !target.treeIsEmpty() : try target.killTreeNow()
        }
    }

    /// - Parameter act: Returns whether somebody was there.
    private func proceed(at now: UInt64, _ act: () throws(SystemError) -> Bool) {
        do throws(SystemError) {
            guard try act() else {
                completion(true)
                return
            }
        } catch {
            // Nothing can be said this time, as when descriptors have run out: looked at again.
        }
        guard now < giveUpAt else {
            completion(false)
            return
        }
        // Soon at first, because most processes go at once.
        var delay = pause
        pause = min(pause * 2, 50)
        if now < termUntil {
            delay = min(delay, (termUntil - now) / 1_000_000 + 1)
        }
        loop.schedule(afterMilliseconds: delay) { [self] in look() }
    }
}
