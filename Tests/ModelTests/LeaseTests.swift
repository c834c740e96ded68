import FoundationEssentials
import Model
import Testing

struct LeaseTests {
    private let now = Date(timeIntervalSince1970: 1_000_000)
    private let first: WorkerID
    private let second: WorkerID
    private let envelope = Envelope(
        backendId: "local",
        sessionState: .init(providerState: ["boxId": "x"], workspaceReady: true)
    )

    init() {
        var random = SystemRandomNumberGenerator()
        first = WorkerID(at: 1, using: &random)
        second = WorkerID(at: 2, using: &random)
    }

    /// A worker whose heartbeats have come for long.
    private var steady: Heartbeat {
        var heartbeat = Heartbeat(registeredAt: now.addingTimeInterval(-60))
        heartbeat.validUntil = now.addingTimeInterval(8)
        return heartbeat
    }

    private var lapsed: Heartbeat {
        var heartbeat = steady
        heartbeat.validUntil = now.addingTimeInterval(-1)
        return heartbeat
    }

    private func warm() throws -> Lease {
        var lease = Lease(persistent: true)
        try lease.acquire(for: first, heartbeat: steady, at: "here", rival: nil, now: now)
        try lease.becomeWarm(epoch: 1, envelope: envelope, account: "a", placement: "here")
        return lease
    }

    @Test func rowsStartUnownedAndTheFirstAcquireMakesEpochOne() throws {
        var lease = Lease(persistent: true)
        #expect(lease.epoch == 0 && lease.owner == nil && lease.state == .cold)
        try lease.acquire(for: first, heartbeat: steady, at: "here", rival: nil, now: now)
        #expect(lease.epoch == 1 && lease.owner == first && lease.state == .warming && lease.placement == "here")
    }

    /// An acquisition whose answer was lost is made up for; one that lands late takes nothing from the one after it.
    @Test func itsOwnerTakesItAnewByItsEpochOnly() throws {
        var lease = try warm()
        for known: UInt64? in [nil, 0, 2] {
            #expect(throws: LeaseRefusal.owned(by: first, epoch: 1)) {
                try lease.acquire(for: first, heartbeat: steady, at: "here", rival: steady, retaking: known, now: now)
            }
        }
        try lease.acquire(for: first, heartbeat: steady, at: "here", rival: steady, retaking: 1, now: now)
        #expect(lease.epoch == 2 && lease.state == .warming)
    }

    @Test func aLiveOwnerKeepsIt() throws {
        var lease = try warm()
        #expect(throws: LeaseRefusal.owned(by: first, epoch: 1)) {
            try lease.acquire(for: second, heartbeat: steady, at: "here", rival: steady, now: now)
        }
    }

    /// Rule 2: an old heartbeat proves nothing to who was late itself.
    @Test func onlyWhoIsSteadyMayJudge() throws {
        var lease = try warm()
        var unsteady = steady
        unsteady.steadySince = now.addingTimeInterval(-14)
        #expect(throws: LeaseRefusal.owned(by: first, epoch: 1)) {
            try lease.acquire(for: second, heartbeat: unsteady, at: "here", rival: lapsed, now: now)
        }
        try lease.acquire(for: second, heartbeat: steady, at: "here", rival: lapsed, now: now)
        #expect(lease.epoch == 2 && lease.owner == second && lease.state == .warming)
    }

    /// Rule 3: two witnesses have spoken, so nobody need be steady.
    @Test func aFencedOwnerIsDeadToAnybody() throws {
        var lease = try warm()
        var unsteady = steady
        unsteady.steadySince = now
        var fenced = steady
        fenced.isOver = true
        try lease.acquire(for: second, heartbeat: unsteady, at: "here", rival: fenced, now: now)
        #expect(lease.owner == second)
        let isRenewed = fenced.renew(at: now)
        #expect(!isRenewed)
    }

    @Test func whoIsNotLiveTakesNothing() {
        var lease = Lease(persistent: true)
        #expect(throws: LeaseRefusal.notLive) {
            try lease.acquire(for: first, heartbeat: lapsed, at: "here", rival: nil, now: now)
        }
    }

    /// Rule 7.
    @Test func aBoxOfAnotherHostIsNotTaken() throws {
        var lease = try warm()
        try lease.release(epoch: 1)
        #expect(throws: LeaseRefusal.elsewhere(placement: "here")) {
            try lease.acquire(for: second, heartbeat: steady, at: "there", rival: nil, now: now)
        }
    }

    @Test func aLateRenewalBeginsAnew() {
        var heartbeat = lapsed
        #expect(heartbeat.mayJudge(at: now))
        let isRenewed = heartbeat.renew(at: now)
        #expect(isRenewed && !heartbeat.mayJudge(at: now) && heartbeat.isValid(at: now))
    }

    @Test func aSupersededOwnerChangesNothing() throws {
        var lease = try warm()
        try lease.acquire(for: second, heartbeat: steady, at: "here", rival: lapsed, now: now)
        let before = lease
        #expect(throws: LeaseRefusal.lost) {
            try lease.becomeWarm(epoch: 1, envelope: envelope, account: "a", placement: "here")
        }
        #expect(throws: LeaseRefusal.lost) { try lease.beginDraining(epoch: 1, intent: .stop) }
        #expect(throws: LeaseRefusal.lost) { try lease.settle(epoch: 1, as: .delete, keepsBox: false) }
        #expect(throws: LeaseRefusal.lost) { try lease.release(epoch: 1) }
        #expect(throws: LeaseRefusal.lost) { try lease.failCreation(epoch: 1) }
        #expect(lease == before && !lease.holds(epoch: 1) && lease.holds(epoch: 2))
    }

    /// Rule 11: whatever was asked meanwhile, and whoever acquires.
    @Test func aBoxThatIsBeingStoppedIsNeverAdopted() throws {
        var lease = try warm()
        try lease.beginDraining(epoch: 1, intent: .pause)
        try lease.intend(.run)
        try lease.acquire(for: second, heartbeat: steady, at: "here", rival: lapsed, now: now)
        #expect(lease.drainingBox == "x" && lease.intent == .run)
        #expect(throws: LeaseRefusal.wrongState(.draining)) {
            try lease.becomeWarm(epoch: 2, envelope: envelope, account: "a", placement: "here")
        }
        try lease.release(epoch: 2)
        try lease.acquire(for: first, heartbeat: steady, at: "here", rival: nil, now: now)
        #expect(lease.drainingBox == "x")
        try lease.settle(epoch: 3, as: .pause, keepsBox: true)
        #expect(lease.drainingBox == nil && lease.state == .cold && lease.envelope == envelope)
    }

    @Test func whatIsPausedComesBackUnlessSomethingElseWasAskedMeanwhile() throws {
        var lease = try warm()
        try lease.beginDraining(epoch: 1, intent: .pause)
        var other = lease
        try lease.settle(epoch: 1, as: .pause, keepsBox: true)
        #expect(lease.intent == .run && lease.status == .paused)
        try other.intend(.delete)
        try other.settle(epoch: 1, as: .pause, keepsBox: true)
        #expect(other.intent == .delete)
    }

    @Test func deleteIsFinal() throws {
        var lease = try warm()
        try lease.intend(.delete)
        try lease.intend(.run)
        #expect(lease.intent == .delete)
        try lease.beginDraining(epoch: 1, intent: .delete)
        try lease.settle(epoch: 1, as: .delete, keepsBox: false)
        #expect(lease.isTerminated && lease.envelope == nil)
        #expect(throws: LeaseRefusal.terminated) {
            try lease.acquire(for: first, heartbeat: steady, at: "here", rival: nil, now: now)
        }
        #expect(throws: LeaseRefusal.terminated) { try lease.intend(.run) }
    }

    @Test func onlyACreationFailsForGood() throws {
        var lease = try warm()
        try lease.acquire(for: second, heartbeat: steady, at: "here", rival: lapsed, now: now)
        #expect(throws: LeaseRefusal.wrongState(.warming)) { try lease.failCreation(epoch: 2) }
        var fresh = Lease(persistent: true)
        try fresh.acquire(for: first, heartbeat: steady, at: nil, rival: nil, now: now)
        try fresh.failCreation(epoch: 1)
        #expect(fresh.status == .error && fresh.owner == nil && fresh.state == .cold)
    }

    @Test func withoutBoxAndOwnerNobodyNeedBeAsked() throws {
        var lease = Lease(persistent: true)
        #expect(throws: LeaseRefusal.wrongState(.cold)) { try lease.settleWithoutBox([]) }
        try lease.intend(.delete)
        #expect(throws: LeaseRefusal.wrongState(.cold)) { try lease.settleWithoutBox([.intended]) }
        try lease.settleWithoutBox([.deleted])
        #expect(lease.isTerminated)
    }

    @Test func anEventMovesItAsTheTableAllows() throws {
        var lease = try warm()
        let states: [(LeaseState, (inout Lease) throws -> Void)] = [
            (.draining, { try $0.beginDraining(epoch: 1, intent: .stop) }),
            (.cold, { try $0.settle(epoch: 1, as: .stop, keepsBox: true) }),
        ]
        for (state, event) in states {
            let before = lease.state
            try event(&lease)
            #expect(lease.state == state && before.mayBecome(state))
        }
    }
}
