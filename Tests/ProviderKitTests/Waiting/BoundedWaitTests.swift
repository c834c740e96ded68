import ProviderKit
import Testing

@Suite
struct BoundedWaitTests {
    private let clock = SteppingClock()

    private func wait(_ limit: Duration) -> BoundedWait<SteppingClock> {
        BoundedWait(limit: limit, firstPause: .seconds(1), longestPause: .seconds(4), clock: clock)
    }

    @Test func looksAtOnceAndThenWithGrowingPauses() async throws {
        var looks = 0
        let value = try await wait(.seconds(60))
            .until("the box") { () throws(DriverError) in
                looks += 1
                return looks == 6 ? .ready("up") : .notYet("creating")
            }
        #expect(value == "up")
        #expect(clock.slept == [.seconds(1), .seconds(2), .seconds(4), .seconds(4), .seconds(4)])
    }

    @Test func theLimitEndsItAfterALastLook() async throws {
        var looks = 0
        let error = await #expect(throws: DriverError.self) {
            try await wait(.seconds(5))
                .until("the box to run") { () throws(DriverError) -> BoundedWait<SteppingClock>.Look<Int> in
                    looks += 1
                    return .notYet("still creating")
                }
        }
        #expect(error == DriverError(.timeout, "Waited 5 s for the box to run: still creating"))
        #expect(clock.slept == [.seconds(1), .seconds(2), .seconds(2)])
        #expect(looks == 4)
    }

    @Test func passingTroubleIsNotTheEnd() async throws {
        var answers: [DriverError.Kind] = [.transient, .rateLimited(after: 7), .rateLimited(after: nil)]
        let value = try await wait(.seconds(60))
            .until("the box") { () throws(DriverError) in
                guard !answers.isEmpty else { return .ready(1) }
                throw DriverError(answers.removeFirst(), "no")
            }
        #expect(value == 1)
        #expect(clock.slept == [.seconds(1), .seconds(7), .seconds(4)])
    }

    @Test(arguments: [DriverError.Kind.gone, .unauthorized, .invalid, .timeout, .conflict, .unsupported])
    func anythingElseIs(kind: DriverError.Kind) async throws {
        let error = await #expect(throws: DriverError.self) {
            try await wait(.seconds(60))
                .until("the box") { () throws(DriverError) -> BoundedWait<SteppingClock>.Look<Int> in
                    throw DriverError(kind, "no")
                }
        }
        #expect(error?.kind == kind)
        #expect(clock.slept.isEmpty)
    }

    @Test func itCanBeCancelled() async throws {
        let waiting = Task {
            try await BoundedWait(limit: .seconds(600), firstPause: .seconds(500))
                .until("the box") { () throws(DriverError) -> BoundedWait<ContinuousClock>.Look<Int> in .notYet("so") }
        }
        waiting.cancel()
        let error = await #expect(throws: DriverError.self) { _ = try await waiting.value }
        #expect(error?.kind == .transient)
    }
}
