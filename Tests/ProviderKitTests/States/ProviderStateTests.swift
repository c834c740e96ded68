import ProviderKit
import Testing

@Suite
struct ProviderStateTests {
    private enum Words: String, ProviderState {
        case started
        case creating
        case stopped
        case stopping
        case error
        case destroyed

        var meaning: StateMeaning {
            switch self {
            case .started: .running
            case .creating: .becoming
            case .stopped: .stopped
            case .stopping: .leaving
            case .error: .failed
            case .destroyed: .gone
            }
        }
    }

    @Test func everyWordHasItsMeaning() {
        let table: [String: StateMeaning] = [
            "started": .running, "creating": .becoming, "stopped": .stopped, "stopping": .leaving, "error": .failed,
            "destroyed": .gone,
        ]
        #expect(Set(table.keys) == Set(Words.allCases.map(\.rawValue)))
        for (word, meaning) in table { #expect(ObservedState<Words>(word).meaning == meaning) }
        #expect(ObservedState<Words>("STARTED").meaning == .running)
    }

    @Test(arguments: ["", "gone", "deleted", "hibernating", "destroyed?", "not found"])
    func anUnknownWordIsTransientAndNeverGone(word: String) {
        let state = ObservedState<Words>(word)
        #expect(state.meaning == .unknown)
        #expect(state.word == nil)
        #expect(state.obstacle(of: "the box")?.kind == .transient)
        // What somebody else wrote is not shown.
        #expect(word.isEmpty || state.obstacle(of: "the box")?.message.contains("\"\(word)\"") == false)
    }

    @Test func onlyTheProvidersOwnWordIsGone() {
        for word in Words.allCases {
            let kind = ObservedState<Words>(word.rawValue).obstacle(of: "the box")?.kind
            switch word.meaning {
            case .gone: #expect(kind == .gone)
            case .failed, .unknown: #expect(kind == .transient)
            case .running, .becoming, .stopped, .leaving: #expect(kind == nil)
            }
        }
    }
}
