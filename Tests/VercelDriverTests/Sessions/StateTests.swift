import ProviderKit
import Testing

@testable import VercelDriver

@Suite struct StateTests {
    @Test func everyWordHasItsMeaning() {
        let table: [(VercelState, StateMeaning)] = [
            (.pending, .becoming), (.running, .running), (.stopping, .leaving), (.snapshotting, .leaving),
            (.stopped, .stopped), (.failed, .failed), (.aborted, .stopped),
        ]
        #expect(table.count == VercelState.allCases.count)
        for (word, meaning) in table { #expect(word.meaning == meaning) }
    }

    @Test(arguments: ["archived", "", "deleted"])
    func aWordThatIsNotKnownProvesNothing(word: String) {
        let state = ObservedState<VercelState>(word)
        #expect(state.meaning == .unknown)
        #expect(state.obstacle(of: "it")?.kind == .transient)
    }
}
