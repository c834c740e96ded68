import Model
import NIOConcurrencyHelpers
import Testing

@testable import Gateway

@Suite("Taking turns", .timeLimit(.minutes(1)))
struct TurnsTests {
    @Test func oneAtATimeAndInOrder() async throws {
        let turns = Turns<String>()
        let log = NIOLockedValueBox<(inside: Int, most: Int, done: Int)>((0, 0, 0))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<100 {
                group.addTask {
                    try await turns.take("key\(index % 2)") {
                        if index % 2 == 0 {
                            log.withLockedValue {
                                $0.inside += 1
                                $0.most = max($0.most, $0.inside)
                            }
                        }
                        await Task.yield()
                        if index % 2 == 0 { log.withLockedValue { $0.inside -= 1 } }
                        log.withLockedValue { $0.done += 1 }
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(log.withLockedValue { $0.most } == 1 && log.withLockedValue { $0.done } == 100)
    }

    @Test func whoWaitsMayLeaveAndTooManyAreRefused() async throws {
        let turns = Turns<Int>(limit: 2)
        let (open, gate) = AsyncStream.makeStream(of: Void.self)
        let entered = Signal()
        async let first: Void = turns.take(1) {
            entered.send()
            for await _ in open {}
        }
        await entered.first()
        await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<2 { group.addTask { try await turns.take(1) {} } }
            // Refused as soon as both of them wait.
            var refusal: Fault?
            while refusal == nil {
                let probe = Task { try await turns.take(1) {} }
                for _ in 0..<100 { await Task.yield() }
                probe.cancel()
                if case .failure(let fault as Fault) = await probe.result { refusal = fault }
            }
            #expect(refusal?.code == .overloaded)
            group.cancelAll()
            while let outcome = await group.nextResult() {
                #expect(throws: CancellationError.self) { try outcome.get() }
            }
        }
        gate.finish()
        try await first
        // Whoever left is not waited for.
        try await turns.take(1) {}
    }

    @Test func anErrorEndsTheTurn() async throws {
        let turns = Turns<Int>()
        await #expect(throws: Fault.self) { try await turns.take(1) { throw Fault(.internal, "x") } }
        #expect(try await turns.take(1) { 7 } == 7)
    }
}
