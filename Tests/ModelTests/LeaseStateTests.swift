import Model
import Testing

struct LeaseStateTests {
    @Test func terminatedIsFinal() {
        for next in LeaseState.allCases { #expect(!LeaseState.terminated.mayBecome(next)) }
    }

    @Test func aBoxIsServedOnlyAfterWarming() {
        for state in LeaseState.allCases { #expect(state.mayBecome(.warm) == (state == .warming)) }
    }

    @Test func everyOwnedStateCanBeTakenOver() {
        for state in [LeaseState.cold, .warming, .warm, .draining] { #expect(state.mayBecome(.warming)) }
    }
}
