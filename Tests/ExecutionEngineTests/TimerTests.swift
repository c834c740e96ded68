import Testing

@testable import ExecutionEngine

@Suite struct TimerTests {
    @Test func dueTimersComeInOrderAndCancelledOnesDoNot() {
        var queue = TimerQueue()
        var fired: [Int] = []
        let timers = (0..<200).shuffled()
            .map { number in
                (number, queue.add(deadline: UInt64(number)) { fired.append(number) })
            }
        for (number, timer) in timers where number % 3 == 0 {
            queue.remove(timer)
        }
        for action in queue.takeDue(at: 99) {
            action()
        }
        #expect(fired == (0..<100).filter { $0 % 3 != 0 })
        #expect(queue.nextDeadline() == 100)
        for (_, timer) in timers {
            queue.remove(timer)
        }
        #expect(queue.nextDeadline() == nil)
    }

    @Test func aWakeFromAnotherThreadReachesTheLoop() async throws {
        let waker = try Waker()
        let ran = Task.detached {
            let loop = try EventLoop()
            try waker.register(on: loop) { [unowned loop] in loop.stop() }
            loop.run()
            return true
        }
        waker.wake()
        #expect(try await ran.value)
    }
}
