import Model
import Testing

struct IdentifierTests {
    @Test func isCanonicalAndSortsByTime() throws {
        var random = SystemRandomNumberGenerator()
        let early = SandboxID(at: 1_700_000_000_000, using: &random)
        let late = SandboxID(at: 1_700_000_000_001, using: &random)
        #expect(early.rawValue.count == 26)
        #expect(early < late)
        #expect(SandboxID(early.rawValue) == early)
        // The time's 48 bits take ten characters; this is the published ULID layout for that millisecond.
        #expect(early.rawValue.hasPrefix("01hf7yat00"))
    }

    @Test(arguments: [
        "", "01hf7yat00", "01HF7YAT00ABCDEFGHJKMNPQRS", "81hf7yat00abcdefghjkmnpqrs", "01hf7yat00abcdefghjkmnpqri",
        "01hf7yat00abcdefghjkmnpqrs0", "01hf7yat00abcdefghjkmnpq.s", "01hf7yat00abcdefghjkmnpqé",
    ])
    func refusesOtherSpellings(_ text: String) {
        #expect(SandboxID(text) == nil)
    }

    @Test func doesNotRepeatItself() {
        var random = SystemRandomNumberGenerator()
        let ids = Set((0..<10_000).map { _ in BoxID(at: 1, using: &random) })
        #expect(ids.count == 10_000)
    }
}
