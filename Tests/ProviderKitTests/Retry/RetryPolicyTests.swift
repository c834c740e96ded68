import ProviderKit
import Testing

/// Every row of the table in `docs/drivers.md`.
@Suite
struct RetryPolicyTests {
    /// Takes away nothing.
    private struct Highest: RandomNumberGenerator {
        mutating func next() -> UInt64 { .max }
    }

    /// Takes away the half.
    private struct Lowest: RandomNumberGenerator {
        mutating func next() -> UInt64 { 0 }
    }

    private static let kinds: [Repeatability] = [.safe, .idempotentByKey, .once]

    private func decide(
        _ outcome: RetryPolicy.Outcome,
        _ repeatability: Repeatability,
        attempt: Int = 1,
        left: Duration = .seconds(60),
        policy: RetryPolicy = RetryPolicy()
    ) -> RetryPolicy.Decision {
        var budget = RetryBudget()
        var generator = Lowest()
        return policy.decision(
            after: outcome,
            attempt: attempt,
            repeatability,
            timeLeft: left,
            budget: &budget,
            generator: &generator
        )
    }

    @Test(arguments: [408, 500, 502, 503, 504])
    func whatMayHaveHappenedIsNotRepeatedWhenTwiceIsTwice(status: Int) {
        let outcome = RetryPolicy.Outcome.status(status, retryAfter: nil)
        #expect(decide(outcome, .safe) == .again(after: .milliseconds(125)))
        #expect(decide(outcome, .idempotentByKey) == .again(after: .milliseconds(125)))
        #expect(decide(outcome, .once) == .stop(.notRepeatable))
    }

    @Test(arguments: [425, 429], kinds)
    func whatWasRefusedIsAlwaysRepeated(status: Int, kind: Repeatability) {
        #expect(decide(.status(status, retryAfter: nil), kind) == .again(after: .milliseconds(125)))
    }

    @Test(arguments: [400, 401, 402, 403, 404, 405, 409, 410, 412, 413, 422, 501, 505], kinds)
    func otherAnswersAreFinal(status: Int, kind: Repeatability) {
        #expect(decide(.status(status, retryAfter: .seconds(1)), kind) == .stop(.final))
    }

    @Test func silence() {
        #expect(decide(.unanswered, .safe) == .again(after: .milliseconds(125)))
        #expect(decide(.unanswered, .idempotentByKey) == .again(after: .milliseconds(125)))
        #expect(decide(.unanswered, .once) == .stop(.notRepeatable))
        for kind in Self.kinds { #expect(decide(.neverLeft, kind) == .again(after: .milliseconds(125))) }
    }

    @Test func threeTriesWithDoublingPauses() {
        #expect(decide(.neverLeft, .safe, attempt: 1) == .again(after: .milliseconds(125)))
        #expect(decide(.neverLeft, .safe, attempt: 2) == .again(after: .milliseconds(250)))
        #expect(decide(.neverLeft, .safe, attempt: 3) == .stop(.noTriesLeft))
        let patient = RetryPolicy(tries: 100)
        #expect(decide(.neverLeft, .safe, attempt: 5, policy: patient) == .again(after: .seconds(2)))
        #expect(decide(.neverLeft, .safe, attempt: 60, policy: patient) == .again(after: .seconds(5)))
    }

    @Test func jitterTakesAwayAtMostTheHalf() {
        var budget = RetryBudget()
        var highest = Highest()
        let decision = RetryPolicy()
            .decision(
                after: .unanswered,
                attempt: 1,
                .safe,
                timeLeft: .seconds(9),
                budget: &budget,
                generator: &highest
            )
        guard case .again(let pause) = decision else {
            Issue.record("\(decision)")
            return
        }
        #expect(pause > .milliseconds(249) && pause <= .milliseconds(250))
        var generator = SystemRandomNumberGenerator()
        var pauses: Set<Duration> = []
        for _ in 0..<50 {
            var budget = RetryBudget()
            if case .again(let pause) = RetryPolicy()
                .decision(
                    after: .unanswered,
                    attempt: 1,
                    .safe,
                    timeLeft: .seconds(9),
                    budget: &budget,
                    generator: &generator
                )
            {
                pauses.insert(pause)
            }
        }
        #expect(pauses.count > 40)
        #expect(pauses.allSatisfy { $0 >= .milliseconds(125) && $0 <= .milliseconds(250) })
    }

    @Test func theProvidersOwnPauseIsTheLeastAndBounded() {
        #expect(decide(.status(429, retryAfter: .seconds(3)), .once) == .again(after: .seconds(3)))
        #expect(decide(.status(503, retryAfter: .zero), .safe) == .again(after: .milliseconds(125)))
        #expect(decide(.status(429, retryAfter: .seconds(30)), .safe) == .again(after: .seconds(30)))
        #expect(decide(.status(429, retryAfter: .seconds(31)), .safe) == .stop(.noTime))
    }

    @Test func noPauseGoesPastTheDeadline() {
        #expect(decide(.unanswered, .safe, left: .milliseconds(125)) == .stop(.noTime))
        #expect(decide(.unanswered, .safe, left: .milliseconds(126)) == .again(after: .milliseconds(125)))
        #expect(decide(.unanswered, .safe, left: .seconds(-1)) == .stop(.noTime))
    }

    @Test func theBudgetRunsOutAndComesBack() {
        var budget = RetryBudget(capacity: 3, successesForOne: 10)
        var generator = Lowest()
        func again() -> Bool {
            let decision = RetryPolicy()
                .decision(
                    after: .unanswered,
                    attempt: 1,
                    .safe,
                    timeLeft: .seconds(9),
                    budget: &budget,
                    generator: &generator
                )
            if decision == .stop(.noBudget) { return false }
            #expect(decision == .again(after: .milliseconds(125)))
            return true
        }
        #expect([again(), again(), again(), again(), again()] == [true, true, true, false, false])
        for _ in 0..<9 { budget.deposit() }
        #expect(!again())
        budget.deposit()
        #expect(again() && !again())
        for _ in 0..<1000 { budget.deposit() }
        #expect([again(), again(), again(), again()] == [true, true, true, false])
    }

    /// A decision that is no retry costs nothing.
    @Test func onlyRetriesAreTakenFromTheBudget() {
        var budget = RetryBudget(capacity: 1)
        var generator = Lowest()
        for (outcome, attempt, left) in [
            (RetryPolicy.Outcome.status(404, retryAfter: nil), 1, Duration.seconds(9)), (.unanswered, 3, .seconds(9)),
            (.unanswered, 1, .zero),
        ] {
            _ = RetryPolicy()
                .decision(
                    after: outcome,
                    attempt: attempt,
                    .safe,
                    timeLeft: left,
                    budget: &budget,
                    generator: &generator
                )
        }
        #expect(!budget.isEmpty)
    }
}
