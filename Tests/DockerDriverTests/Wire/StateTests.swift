import ProviderKit
import Testing

@testable import DockerDriver

struct StateTests {
    @Test func everyWordHasItsMeaning() {
        let meanings: [String: StateMeaning] = [
            "created": .stopped, "running": .running, "paused": .stopped, "restarting": .becoming,
            "removing": .leaving, "stopping": .leaving, "exited": .stopped, "dead": .failed,
        ]
        #expect(Set(meanings.keys) == Set(ContainerState.allCases.map(\.rawValue)))
        for (word, meaning) in meanings { #expect(ObservedState<ContainerState>(word).meaning == meaning) }
        #expect(ObservedState<ContainerState>("hibernating").meaning == .unknown)
        #expect(ObservedState<ContainerState>("hibernating").obstacle(of: "it")?.kind == .transient)
    }
}
