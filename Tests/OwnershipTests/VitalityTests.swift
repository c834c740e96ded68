import NIOConcurrencyHelpers
import Ownership
import Testing

struct VitalityTests {
    private let clock: NIOLockedValueBox<ContinuousClock.Instant>
    private let start: ContinuousClock.Instant
    private let vitality: Vitality

    init() {
        let start = ContinuousClock.now
        let clock = NIOLockedValueBox(start)
        self.start = start
        self.clock = clock
        vitality = Vitality { clock.withLockedValue { $0 } }
    }

    private func pass(to seconds: Double) { clock.withLockedValue { $0 = start + .seconds(seconds) } }

    @Test func itActsWhileItsOwnHeartbeatWasConfirmedLately() {
        #expect(!vitality.isAlive())
        vitality.confirm(sentAt: start)
        pass(to: 6.9)
        #expect(vitality.isAlive())
        pass(to: 7.1)
        #expect(!vitality.isAlive())
        vitality.confirm(sentAt: start + .seconds(7))
        #expect(vitality.isAlive())
        vitality.end()
        #expect(!vitality.isAlive())
    }

    /// The renewal left after 8.5 s, and the database let it wait until the heartbeat was over: somebody may have taken over.
    @Test func aRenewalThatWaitedIsNoneInTime() {
        vitality.confirm(sentAt: start)
        pass(to: 8.5)
        #expect(!vitality.mayHaveLapsed())
        pass(to: 10.5)
        #expect(vitality.mayHaveLapsed())
        vitality.confirm(sentAt: start + .seconds(8.5))
        #expect(!vitality.mayHaveLapsed())
    }

    /// What became ours while nobody looked has to be looked at, whether the gap is over by then or not.
    @Test func aGapIsRememberedOnceItIsOver() {
        vitality.confirm(sentAt: start)
        let gaps = vitality.gaps
        pass(to: 9)
        #expect(!vitality.hasLapsed(since: gaps))
        pass(to: 11)
        #expect(vitality.hasLapsed(since: gaps))
        vitality.confirm(sentAt: start + .seconds(11))
        #expect(vitality.hasLapsed(since: gaps))
        #expect(!vitality.hasLapsed(since: vitality.gaps))
    }
}
