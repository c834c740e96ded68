import Testing

@testable import LocalDriver

/// When boxes are made in advance, without any box.
struct PoolStateTests {
    typealias State = BoxPoolState<Int>

    /// A pool that has been filled with numbers, beginning with 1.
    private func full(_ size: Int) -> State {
        var state = State(size: size)
        #expect(state.open() == .make)
        for number in 1...size {
            let (isKept, next) = state.made(number)
            #expect(isKept && next == (number < size ? .make : .nothing))
        }
        return state
    }

    @Test func fillsOneByOne() {
        let state = full(3)
        #expect(state.ready == [1, 2, 3] && !state.isMaking)
    }

    @Test func sizeZeroIsNone() {
        var state = State(size: 0)
        #expect(state.open() == .nothing)
        state.askBegan()
        #expect(state.take { _ in true }.box == nil)
        #expect(state.askEnded() == .nothing)
        #expect(state.roomCame() == .nothing)
    }

    @Test func whoWaitedLongestGoesFirst() {
        var state = full(2)
        #expect(state.take { _ in true }.box == 1)
        #expect(state.take { _ in true }.box == 2)
        #expect(state.take { _ in true }.box == nil)
    }

    @Test func isFilledAgainOnceItIsQuiet() {
        var state = full(2)
        state.askBegan()
        #expect(state.take { _ in true }.box == 1)
        #expect(state.askEnded() == .wait(turn: 1))
        #expect(state.quiet(turn: 1) == .make)
        #expect(state.made(3) == (true, .nothing))
        #expect(state.ready == [2, 3])
    }

    @Test func nothingIsMadeWhileSomebodyAsks() {
        var state = full(3)
        state.askBegan()
        state.askBegan()
        _ = state.take { _ in true }
        #expect(state.askEnded() == .nothing)
        #expect(state.roomCame() == .nothing)
        _ = state.take { _ in true }
        #expect(state.askEnded() == .wait(turn: 2))
        // A third asks and goes before the time is over: that starts anew.
        state.askBegan()
        #expect(state.quiet(turn: 2) == .nothing)
        #expect(state.askEnded() == .wait(turn: 3))
        state.askBegan()
        #expect(state.askEnded() == .nothing, "one waits already")
        #expect(state.quiet(turn: 3) == .wait(turn: 4))
        #expect(state.quiet(turn: 4) == .make)
        // Somebody asks while one is made: the next one waits.
        state.askBegan()
        #expect(state.made(4) == (true, .nothing))
        #expect(state.askEnded() == .wait(turn: 5))
    }

    @Test func failuresAreHeldUntilSomethingHappens() {
        var state = State(size: 1)
        #expect(state.open() == .make)
        state.failed()
        #expect(state.isHeld && !state.isMaking)
        #expect(state.quiet(turn: 0) == .nothing)
        #expect(state.roomCame() == .wait(turn: 0))
        #expect(state.quiet(turn: 0) == .make)
        state.failed()
        state.askBegan()
        #expect(state.askEnded() == .wait(turn: 1))
        #expect(state.quiet(turn: 1) == .make)
        #expect(state.made(1) == (true, .nothing))
        #expect(state.roomCame() == .nothing, "it is full")
    }

    @Test func outdatedBoxesAreNobodys() {
        var state = full(3)
        let taken = state.take { $0 == 3 }
        #expect(taken.box == 3 && taken.outdated == [1, 2])
        #expect(state.ready.isEmpty)
    }

    @Test func closedMakesAndGivesNothing() {
        var state = full(2)
        state.askBegan()
        #expect(state.take { _ in true }.box == 1)
        #expect(state.askEnded() == .wait(turn: 1))
        #expect(state.quiet(turn: 1) == .make)
        #expect(state.close() == [2])
        #expect(state.made(3) == (false, .nothing), "nobody comes for it any more")
        #expect(state.take { _ in true }.box == nil)
        state.askBegan()
        #expect(state.askEnded() == .nothing)
        #expect(state.close() == [])
    }

    @Test func roomIsJudgedByWhatIsLeft() throws {
        let text = "MemTotal:       16000000 kB\nMemFree:  1 kB\nMemAvailable:    8000000 kB\n"
        let memory = try #require(HostRoom.memory(text))
        #expect(memory == (8_000_000 << 10, 16_000_000 << 10))
        #expect(HostRoom.memory("MemTotal: 5 kB\n") == nil)
        let disk = (left: UInt64(50) << 30, all: UInt64(100) << 30)
        #expect(HostRoom(memory: memory, disk: disk).shortage == nil)
        #expect(HostRoom(memory: (700_000 << 10, memory.1), disk: disk).shortage?.contains("memory") == true)
        #expect(HostRoom(memory: (200 << 20, 1 << 30), disk: disk).shortage?.contains("memory") == true)
        #expect(HostRoom(memory: memory, disk: (4 << 30, 100 << 30)).shortage?.contains("disk") == true)
    }
}
