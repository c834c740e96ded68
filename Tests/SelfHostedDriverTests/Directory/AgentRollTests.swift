import Model
import ServiceHost
import SwiftProtobuf
import Testing
import Wire

@testable import SelfHostedDriver

struct AgentRollTests {
    /// How long a machine is waited for is its owner's wish, and it says so itself; never less than it takes to be missed.
    @Test(arguments: [(UInt32(600_000), 599, 601), (20_000, 19, 21), (1, 14, 16), (0, 119, 121)])
    func theWindowIsTheMachines(_ told: UInt32, _ still: Int, _ over: Int) throws {
        let start = ContinuousClock.now
        let (agent, instance) = (AgentID.now(), AgentInstanceID.now())
        var roll = AgentRoll(window: .seconds(120))
        roll.beginListening(at: start)
        var beat = WireAgentBeat()
        beat.instance = instance.rawValue
        beat.sequence = 1
        beat.reconnectWindowMs = told
        let isNews = roll.hear(beat, of: agent, in: .now(), at: start)
        #expect(isNews)
        #expect(roll.presence(of: agent, at: start + .seconds(still)) != .offline)
        #expect(roll.presence(of: agent, at: start + .seconds(over)) == .offline)
    }

    private let agent = AgentID.now()
    private let workspace = WorkspaceID.now()
    private let first = AgentInstanceID.now()
    private let start = ContinuousClock.now

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    private func roll() -> AgentRoll {
        var roll = AgentRoll(window: .seconds(120))
        roll.beginListening(at: start)
        return roll
    }

    private func beat(_ instance: AgentInstanceID, _ sequence: UInt64, leaving: Bool = false) -> WireAgentBeat {
        .with { beat in
            beat.instance = instance.rawValue
            beat.sequence = sequence
            beat.leaving = leaving
        }
    }

    @discardableResult
    private func hear(_ beat: WireAgentBeat, at seconds: Double, _ roll: inout AgentRoll) -> Bool {
        roll.hear(beat, of: agent, in: workspace, at: at(seconds))
    }

    @Test func silenceMakesItAbsentOnlyAfterTheWindow() {
        var roll = roll()
        hear(beat(first, 1), at: 1, &roll)
        #expect(roll.presence(of: agent, at: at(15.9)) == .online)
        #expect(roll.presence(of: agent, at: at(16)) == .reconnecting)
        #expect(roll.standing(of: agent, at: at(21)) == .awaited(until: at(121)))
        #expect(roll.presence(of: agent, at: at(120.9)) == .reconnecting)
        #expect(roll.presence(of: agent, at: at(121)) == .offline)
        hear(beat(first, 2), at: 400, &roll)
        #expect(roll.presence(of: agent, at: at(400)) == .online)
    }

    @Test func whoHasJustBegunToListenWaitsForOneBeat() {
        let roll = roll()
        #expect(roll.standing(of: agent, at: at(1)) == .awaited(until: start + AgentRoll.firstBeat))
        #expect(roll.standing(of: agent, at: at(7)) == .absent)
    }

    @Test func whatOthersHaveHeardIsWaitedForAsLongAsItsWindow() {
        var roll = roll()
        #expect(roll.needsRecollection(of: agent))
        roll.recall(AgentRecollection(silence: .seconds(20), window: .seconds(120)), of: agent, at: at(1))
        #expect(!roll.needsRecollection(of: agent))
        #expect(roll.standing(of: agent, at: at(8)) == .awaited(until: at(101)))
        #expect(roll.standing(of: agent, at: at(101)) == .absent)
        // Never less than the first beat takes, and nothing of whom nobody expects.
        let (late, unknown) = (AgentID.now(), AgentID.now())
        roll.recall(AgentRecollection(silence: .seconds(119), window: .seconds(120)), of: late, at: at(1))
        #expect(roll.standing(of: late, at: at(3)) == .awaited(until: start + AgentRoll.firstBeat))
        roll.recall(nil, of: unknown, at: at(1))
        #expect(roll.standing(of: unknown, at: at(7)) == .absent)
        // Asked again once it has listened anew, and never about who was heard.
        roll.endListening(at: at(50))
        #expect(roll.standing(of: agent, at: at(60)) == .awaited(until: nil))
        #expect(!roll.needsRecollection(of: agent))
        roll.beginListening(at: at(60))
        #expect(roll.needsRecollection(of: agent))
        hear(beat(first, 1), at: 61, &roll)
        #expect(!roll.needsRecollection(of: agent))
    }

    @Test func whatCouldNotBeHeardIsHeldAgainstNobody() {
        var roll = roll()
        hear(beat(first, 1), at: 0, &roll)
        roll.endListening(at: at(10))
        // Long beyond any window, and still nobody is judged.
        #expect(roll.standing(of: agent, at: at(1000)) == .awaited(until: nil))
        roll.beginListening(at: at(1000))
        #expect(roll.presence(of: agent, at: at(1004)) == .online)
        #expect(roll.presence(of: agent, at: at(1005)) == .reconnecting)
        #expect(roll.presence(of: agent, at: at(1110)) == .offline)
        // Who was absent before stays so while nothing can be heard.
        roll.endListening(at: at(1200))
        #expect(roll.presence(of: agent, at: at(1201)) == .offline)
    }

    @Test func leavingIsBelievedAtOnceAndLateBeatsAreNot() {
        var roll = roll()
        let second = AgentInstanceID.now()
        hear(beat(first, 1), at: 1, &roll)
        #expect(hear(beat(first, 3, leaving: true), at: 2, &roll))
        #expect(roll.presence(of: agent, at: at(2)) == .offline)
        #expect(!hear(beat(first, 2), at: 2.1, &roll))
        #expect(roll.presence(of: agent, at: at(2.1)) == .offline)
        #expect(hear(beat(second, 1), at: 3, &roll))
        #expect(roll.presence(of: agent, at: at(3)) == .online)
        // The run before is over, whatever of it still arrives.
        #expect(!hear(beat(first, 9, leaving: true), at: 4, &roll))
        #expect(roll.instance(of: agent) == second)
        #expect(roll.presence(of: agent, at: at(4)) == .online)
    }

    @Test func whoDoesNotAnswerIsAskedAgainOnceItIsHeard() {
        var roll = roll()
        hear(beat(first, 1), at: 1, &roll)
        let target = AgentTarget(workspace: workspace, agent: agent, instance: first)
        #expect(roll.standing(of: agent, at: at(2)) == .reachable(target))
        roll.doubt(AgentTarget(workspace: workspace, agent: agent, instance: .now()))
        #expect(roll.presence(of: agent, at: at(2)) == .online)
        roll.doubt(target)
        #expect(roll.standing(of: agent, at: at(3)) == .awaited(until: at(121)))
        hear(beat(first, 2), at: 4, &roll)
        #expect(roll.standing(of: agent, at: at(4)) == .reachable(target))
    }

    @Test func nonsenseIsNotHeard() {
        var roll = roll()
        var nonsense = beat(first, 1)
        nonsense.instance = "../x"
        #expect(!hear(nonsense, at: 1, &roll))
        #expect(roll.instance(of: agent) == nil)
    }
}
